"""Keys that an issuer shows at an address: got, rotated, kept while it is away, and never got more often than is good for it."""

import datetime
import http.server
import ipaddress
import json
import re
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.gateway import problem
from harness.waiting import until
from test_authentication import CALL, write
from test_tokens import ISSUER, Signer, jwks


class Provider:
    """An issuer on this machine: shows its keys, or fails as it is told; counts who asks."""

    def __init__(self, *signers, context=None):
        self.body, self.status, self.fields, self.asked, self.delay = jwks(*signers).encode(), 200, {}, 0, 0
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked += 1
                time.sleep(provider.delay)
                if provider.status is None:
                    return
                self.send_response(provider.status)
                for name, value in {"Content-Length": str(len(provider.body)), **provider.fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.scheme = "https" if context else "http"

    @property
    def address(self):
        return f"{self.scheme}://localhost:{self.server.server_port}/keys"

    def show(self, *signers):
        self.body = jwks(*signers).encode()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def providers():
    made = []

    def make(*signers, context=None):
        made.append(Provider(*signers, context=context))
        return made[-1]

    yield make
    for provider in made:
        provider.end()


def issuers(folder, provider, more=""):
    path = folder / "issuers.yaml"
    write(path, "- {name: corp, issuer: '" + ISSUER + "', audiences: gateway, jwks: '" + provider.address + "'" + more + "}")
    return path


def ask(gateway, token):
    return gateway.post(CALL, {"value": 1}, {"Authorization": f"Bearer {token}"})


def metric(gateway, token, name):
    page = gateway.get("/metrics", {"Authorization": f"Bearer {token}"}).body.decode()
    found = re.search(rf'^{name}\{{issuer="corp"\}} (\S+)$', page, re.MULTILINE)
    return found and float(found[1])


def test_keys_are_got_and_tokens_of_the_first_moment_wait(family, providers, tmp_path):
    signer = Signer("ES256", kid="1")
    provider = providers(signer)
    provider.delay = 0.5
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider))
    token = signer.token()
    assert ask(gateway, token).status == 200
    assert provider.asked == 1
    assert metric(gateway, token, "auth_issuer_keys_age_seconds") < 60
    assert metric(gateway, token, "auth_issuer_keys_failed_fetches") == 0


def test_a_rotation_under_64_connections(family, providers, tmp_path):
    """The issuer shows a new key beside the old one and signs with it from then on: no request is refused for that."""
    old, new = Signer("ES256", kid="old"), Signer("ES256", kid="new")
    provider = providers(old)
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider))
    assert ask(gateway, old.token()).status == 200
    signing, ended, statuses, lock = [old], threading.Event(), [], threading.Lock()

    def client(number):
        count = 0
        while not ended.is_set():
            signer = signing[0]
            status = ask(gateway, signer.token(jti=f"{number} {count}")).status
            count += 1
            with lock:
                statuses.append((signer.kid, status))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(64)]
    for each in clients:
        each.start()
    until(lambda: len(statuses) > 200)
    provider.delay = 0.2
    provider.show(old, new)
    signing[0] = new
    until(lambda: sum(kid == "new" for kid, _ in statuses) > 400, 60)
    ended.set()
    for each in clients:
        each.join()
    assert {status for _, status in statuses} == {200}
    # One for the start, one for the key that was not known.
    assert provider.asked == 2
    assert ask(gateway, old.token()).status == 200


def test_a_flood_of_unknown_keys_asks_once(family, providers, tmp_path):
    signer, stranger = Signer("ES256", kid="1"), Signer("ES256", kid="unknown")
    provider = providers(signer)
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider))
    assert ask(gateway, signer.token()).status == 200
    old = int(time.time()) - 300
    answers = [ask(gateway, stranger.token(header={"kid": f"unknown {number}"}, iat=old)) for number in range(100)]
    for answer in answers:
        problem(answer, 401, "unauthenticated")
    # What was made since the last look may be of a key that is newer than that.
    answer = ask(gateway, stranger.token(iat=int(time.time()) + 5))
    assert int(problem(answer, 503, "overloaded") and answer.headers["Retry-After"]) >= 1
    assert provider.asked == 2
    assert ask(gateway, signer.token(jti="another")).status == 200


@pytest.mark.parametrize("failure", ["status 500", "no answer", "no JSON", "a secret", "too much", "a redirect"])
def test_the_last_good_keys_stay_while_the_issuer_fails(family, providers, tmp_path, failure):
    signer, new = Signer("ES256", kid="1"), Signer("ES256", kid="new")
    provider, other = providers(signer), providers(signer, new)
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider))
    token = signer.token()
    assert ask(gateway, token).status == 200
    if failure == "status 500":
        provider.status = 500
    elif failure == "no answer":
        provider.status = None
    elif failure == "no JSON":
        provider.body = b"<html>"
    elif failure == "a secret":
        provider.show(signer, Signer("HS256"))
    elif failure == "too much":
        provider.body = jwks(signer, new).encode() + b" " * (256 << 10)
    else:
        provider.status, provider.fields = 302, {"Location": other.address}
    # Whoever has a token that no known key has signed is told to come again: nobody knows whether it is wrong.
    assert ask(gateway, new.token()).status == 503
    until(lambda: "the keys of an issuer cannot be got" in gateway.said())
    assert ask(gateway, token).status == 200
    assert ask(gateway, signer.token(jti="another")).status == 200
    assert metric(gateway, token, "auth_issuer_keys_failed_fetches") >= 1
    assert other.asked == 0


def test_an_issuer_that_is_away_from_the_start(family, providers, tmp_path):
    signer = Signer("ES256", kid="1")
    provider = providers(signer)
    provider.status = 500
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider))
    answer = ask(gateway, signer.token())
    problem(answer, 503, "overloaded")
    provider.status = 200
    until(lambda: ask(gateway, signer.token()).status == 200, 30)


def test_a_reload_keeps_the_keys(family, providers, tmp_path):
    signer = Signer("ES256", kid="1")
    provider = providers(signer)
    path = issuers(tmp_path, provider)
    gateway = family.gateway("memory://", auth_issuers=path)
    token = signer.token()
    assert ask(gateway, token).status == 200
    provider.status = 500
    issuers(tmp_path, provider, ", leeway: 10")
    until(lambda: "keys and rules reloaded" in gateway.said())
    assert ask(gateway, token).status == 200
    assert provider.asked == 1


def test_addresses_in_tokens_are_not_asked(family, providers, tmp_path):
    signer, stranger = Signer("ES256", kid="1"), Signer("ES256", kid="2")
    provider, evil = providers(signer), providers(stranger)
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider))
    assert ask(gateway, signer.token(header={"jku": evil.address, "x5u": evil.address})).status == 200
    old = int(time.time()) - 300
    assert ask(gateway, stranger.token(header={"jku": evil.address, "x5u": evil.address}, iat=old)).status == 401
    assert evil.asked == 0


class Authority:
    """Signs certificates of this machine."""

    def __init__(self, folder):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._sign(self.name, self.key.public_key(), constraints)
        self.path = folder / "authority.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, name, key, *extensions, end=datetime.timedelta(days=1)):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=2)).not_valid_after(now + end)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())

    def context(self, *names, end=datetime.timedelta(days=1)):
        """What a server needs that calls itself so."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._sign(subject, key.public_key(), x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), end=end)
        path = self.folder / f"{'-'.join(names)}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.mark.parametrize("server", ["right", "of another host", "expired", "of an unknown authority"])
def test_the_server_of_the_keys_is_verified(family, providers, tmp_path, server):
    authority, signer = Authority(tmp_path), Signer("ES256", kid="1")
    end = datetime.timedelta(days=-1 if server == "expired" else 1)
    context = authority.context("other.example" if server == "of another host" else "localhost", end=end)
    provider = providers(signer, context=context)
    more = "" if server == "of an unknown authority" else ", authorities: authority.pem"
    gateway = family.gateway("memory://", auth_issuers=issuers(tmp_path, provider, more))
    assert ask(gateway, signer.token()).status == (200 if server == "right" else 503)
    if server == "right":
        assert "the keys of an issuer cannot be got" not in gateway.said()
    else:
        until(lambda: "the keys of an issuer cannot be got" in gateway.said())
