"""Clients that go on with an earlier TLS session: by whose certificate they are let in, and when they are not."""

import datetime
import signal
import socket
import ssl
import statistics
import subprocess
import time

import pytest

from harness import http as raw
from harness.certificates import Authority, dns, replace, uri
from harness.waiting import until
from test_authentication import write
from test_client_certificates import ALICE, BOTH
from test_http_tls import ECHO, request_of, shake_hands

ADD = "/demo/local/add"


@pytest.fixture(scope="module")
def alice(clients):
    return clients.client("alice", uri(ALICE))


def serve(family, authority, clients=None, file="server", **settings):
    server = authority.server(file)
    if clients:
        settings["http_tls_client_authority"] = settings.get("http_tls_client_authority", clients.path)
    return family.gateway(
        "memory://", tls=settings.pop("tls"), http_tls_certificate=server.path, http_tls_key=server.key_path, **settings
    )


class Client:
    """Asks on a new connection each time, and goes on with the session of the last one."""

    def __init__(self, gateway, context):
        self.gateway, self.context, self.session = gateway, context, None

    def ask(self, path=ECHO, body=b'{"value": 1}'):
        """The status of an answer, and whether the session was one of before."""
        connection = socket.create_connection(("127.0.0.1", self.gateway.port), 10)
        with self.context.wrap_socket(connection, server_hostname="localhost", session=self.session) as connection:
            connection.sendall(request_of(body, "Connection: close", path=path))
            received = b""
            while piece := connection.recv(65536):
                received += piece
            # With TLS 1.3 the ticket comes after the handshake.
            self.session = connection.session
            return raw.split(received)[0][0].status, connection.session_reused

    def is_refused(self):
        try:
            self.ask()
        except (ssl.SSLError, ConnectionError, IndexError):
            return True
        return False


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("loops", [1, 2])
def test_a_session_goes_on(family, authority, version, loops):
    gateway = serve(family, authority, tls=authority.context(), http_loops=loops)
    client = Client(gateway, authority.context(least=version, most=version))
    assert client.ask() == (200, False)
    assert [client.ask() for _ in range(20)] == [(200, True)] * 20


@pytest.mark.parametrize("version", BOTH)
def test_a_session_is_of_whom_it_was(family, authority, clients, alice, tmp_path, version):
    write(tmp_path / "policy.yaml", f'- {{allow: "demo/local/add", principals: ["cert#uri:{ALICE}"]}}', '- {allow: "demo/local/echo", principals: "cert#dns:bob"}')
    gateway = serve(family, authority, clients, tls=authority.context(alice), policy_file=tmp_path / "policy.yaml")
    context = lambda client: authority.context(client, least=version, most=version)
    first, second = Client(gateway, context(alice)), Client(gateway, context(clients.client("bob", dns("bob"))))
    for round in range(5):
        assert first.ask(ADD, b'{"a": 1, "b": 2}') == (200, round > 0)
        assert first.ask() == (403, True)
        assert second.ask() == (200, round > 0)
        assert second.ask(ADD, b'{"a": 1, "b": 2}') == (403, True)


@pytest.mark.parametrize("version", BOTH)
def test_a_certificate_is_revoked(family, authority, clients, version, tmp_path):
    eve = clients.client(f"eve-{version.name}", dns("eve"))
    revoked = tmp_path / "revoked.pem"
    revoked.write_bytes(clients.revocations())
    gateway = serve(family, authority, clients, tls=authority.context(eve), http_tls_revoked=revoked)
    client = Client(gateway, authority.context(eve, least=version, most=version))
    assert [client.ask() for _ in range(2)] == [(200, False), (200, True)]
    replace(revoked, clients.revocations(eve))
    until(lambda: any("certificates reloaded" in line for line in gateway.errors), 10)
    assert client.is_refused()


@pytest.mark.parametrize("version", BOTH)
def test_an_authority_is_no_longer_trusted(family, authority, clients, alice, version, tmp_path):
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(clients.path.read_bytes())
    gateway = serve(family, authority, clients, tls=authority.context(alice), http_tls_client_authority=trusted)
    client = Client(gateway, authority.context(alice, least=version, most=version))
    assert [client.ask() for _ in range(2)] == [(200, False), (200, True)]
    replace(trusted, Authority(tmp_path, "others").path.read_bytes())
    until(client.is_refused, 10)
    # And when it is again, the session of before is one of the past.
    session = client.session
    replace(trusted, clients.path.read_bytes())
    until(lambda: not Client(gateway, client.context).is_refused(), 10)
    client.session = session
    assert [client.ask() for _ in range(2)] == [(200, False), (200, True)]


@pytest.mark.parametrize("version", BOTH)
def test_a_certificate_ends_while_its_session_would_go_on(family, authority, clients, version):
    soon = clients.client(f"soon-{version.name}", dns("soon"), ends=datetime.timedelta(seconds=4))
    gateway = serve(family, authority, clients, tls=authority.context(soon))
    client = Client(gateway, authority.context(soon, least=version, most=version))
    assert [client.ask() for _ in range(2)] == [(200, False), (200, True)]
    # GnuTLS looks at whole seconds, of a clock that is a little late.
    time.sleep(max(0, soon.certificate.not_valid_after_utc.timestamp() + 1.5 - time.time()))
    assert client.is_refused()


@pytest.mark.parametrize("version", BOTH)
def test_certificates_are_needed_from_now_on(family, authority, clients, alice, version, tmp_path):
    server, file = authority.server("needed"), tmp_path / "gateway.yaml"

    def configure(choice):
        files = f"tls.certificate: {server.path}\n  tls.key: {server.key_path}\n  tls.clientAuthority: {clients.path}"
        file.write_text(f"http:\n  {files}\n  tls.clientCertificate: {choice}\nauth:\n  anonymous: true\n")

    configure("optional")
    gateway = family.gateway("memory://", "--config", file, tls=authority.context(alice))
    client = Client(gateway, authority.context(least=version, most=version))
    assert [client.ask() for _ in range(2)] == [(200, False), (200, True)]
    configure("required")
    gateway.signal(signal.SIGHUP)
    until(lambda: any("configuration reloaded" in line for line in gateway.errors), 10)
    assert client.is_refused()
    assert Client(gateway, gateway.tls).ask() == (200, False)


def test_nothing_is_taken_before_the_handshake(family, authority, tmp_path):
    """A client that sends its request along with its first message, as TLS 1.3 lets it with a session, has to send it again."""
    gateway = serve(family, authority, tls=authority.context())
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_3", "-ign_eof"]
    request = request_of(b'{"value": 1}', "Connection: close")
    done = subprocess.run([*command, "-sess_out", tmp_path / "session"], input=request, capture_output=True, timeout=20)
    assert b"200 OK" in done.stdout and b"Max Early Data: 0" in done.stdout, done.stdout
    (tmp_path / "early").write_bytes(request)
    early = ["-sess_in", tmp_path / "session", "-early_data", tmp_path / "early"]
    done = subprocess.run([*command, *early], input=request, capture_output=True, timeout=20)
    assert b"Reused, TLSv1.3" in done.stdout and done.stdout.count(b"200 OK") == 1, done.stdout
    assert b"Early data was accepted" not in done.stdout


@pytest.mark.parametrize("version", BOTH)
def test_messages_of_several_records(family, authority, clients, version):
    """A certificate of 30 KB, and the session that holds it: GnuTLS stops after each record of such a message."""
    names = [dns(f"{number:04d}.{'a' * 50}.example") for number in range(450)]
    long = clients.client(f"long-{version.name}", *names)
    gateway = serve(family, authority, clients, tls=authority.context(long))
    client = Client(gateway, authority.context(long, least=version, most=version))
    assert [client.ask() for _ in range(3)] == [(200, False), (200, True), (200, True)]


def test_what_a_session_spares(family, authority, clients, alice, figure):
    gateway = serve(family, authority, clients, tls=authority.context(alice))

    def seconds(goes_on):
        client, times = Client(gateway, authority.context(alice)), []
        client.ask()
        for _ in range(60):
            if not goes_on:
                client.session = None
            began = time.monotonic()
            assert client.ask() == (200, goes_on)
            times.append(time.monotonic() - began)
        return statistics.median(times)

    whole, going_on = seconds(False), seconds(True)
    figure(f"a call on a new connection with a client certificate: {whole * 1000:.2f} ms, with a session of before {going_on * 1000:.2f} ms")


@pytest.mark.parametrize("version", BOTH)
def test_tickets_that_are_none(family, authority, version, tmp_path):
    """A ticket that was changed, or is of another gateway, leads to a whole handshake."""
    one, other = (serve(family, authority, tls=authority.context()) for _ in range(2))
    client = Client(one, authority.context(least=version, most=version))
    assert client.ask() == (200, False)
    client.gateway = other
    assert [client.ask() for _ in range(2)] == [(200, False), (200, True)]
    assert shake_hands(one, client.context).version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
