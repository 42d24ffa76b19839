"""TLS on the HTTP side: handshakes of every kind, and all that works without TLS over it."""

import concurrent.futures
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from harness import http as raw
from harness import places
from harness.certificates import DAY, Authority, dns, replace
from harness.gateway import problem, result
from harness.new_keys import NewKeysClient
from harness.process import Process, inherited
from harness.waiting import until
from test_authentication import new_key, write

ECHO = "/demo/local/echo"


@pytest.fixture(scope="module")
def server_files(authority):
    return authority.server()


def serve(family, authority, server, **settings):
    return family.gateway(
        settings.pop("url", "memory://"),
        tls=settings.pop("tls", None) or authority.context(),
        http_tls_certificate=server.path,
        http_tls_key=server.key_path,
        **settings,
    )


@pytest.fixture(scope="module")
def gateway(module_family, authority, server_files):
    return serve(module_family, authority, server_files)


def shake_hands(gateway, context, host="localhost"):
    """A connection after its handshake."""
    return context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port), 10), server_hostname=host)


def is_refused(gateway, context, host="localhost"):
    """Whether a client does not come to an answer; in TLS 1.3 it learns of a refusal with its first read."""
    try:
        with shake_hands(gateway, context, host) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return connection.recv(100) == b""
    except (ssl.SSLError, ConnectionError) as error:
        return str(error) or True


# What works without TLS works with it


def test_calls_and_casts(gateway):
    assert any(line.startswith("listening on https://127.0.0.1:") for line in gateway.lines)
    assert result(gateway.post("/demo/local/add", {"a": 1, "b": 2})) == b"3"
    assert gateway.post("/demo/local/count:cast").status == 202
    problem(gateway.post("/demo/local/nothing"), 404, "no-such-method", "remote", "no", False)


def test_calls_by_the_broker(family, vhost, authority, server_files):
    family.oslo_server(vhost.url(), "over-tls", "alpha")
    gateway = serve(family, authority, server_files, url=vhost.url())
    assert result(gateway.post("/over-tls/alpha/add", {"a": 1, "b": 2})) == b"3"
    assert gateway.post("/over-tls/alpha/mark:cast", {"key": "k", "value": 1}).status == 202
    text = "é" * 1_000_000
    assert json.loads(result(gateway.post("/over-tls/alpha/echo", {"value": text}))) == text


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_large_bodies(family, authority, server_files, version):
    gateway = serve(family, authority, server_files, http_max_body_bytes=32 << 20)
    gateway.tls = authority.context(least=version, most=version)
    value = os.urandom(10 << 20).hex()
    answer = gateway.post(ECHO, json.dumps({"value": value}).encode())
    assert zlib.crc32(result(answer)) == zlib.crc32(json.dumps(value).encode())
    # A client that takes its answer slowly, in small pieces.
    with shake_hands(gateway, gateway.tls) as connection:
        connection.sendall(request_of(json.dumps({"value": value}).encode(), "Connection: close"))
        received = b""
        while piece := connection.recv(4096):
            received += piece
            if len(received) < 400_000:
                time.sleep(0.002)
    assert raw.split(received)[0][0].body == json.dumps(value).encode()


def request_of(body, *fields, path=ECHO):
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(head).encode() + body


def test_a_connection_is_kept(gateway):
    connection = raw.connect(gateway.port, tls=gateway.tls)
    for number in range(300):
        connection.request("POST", ECHO, json.dumps({"value": number}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, str(number).encode())
    connection.close()


def test_requests_in_one_write_are_answered_in_order(gateway):
    requests = b"".join(request_of(b'{"value": %d}' % number) for number in range(200))
    answers, _ = raw.exchange(gateway.port, requests, tls=gateway.tls)
    assert [answer.body for answer in answers] == [b"%d" % number for number in range(200)]


def test_requests_in_records_of_one_byte(gateway):
    with shake_hands(gateway, gateway.tls) as connection:
        for byte in request_of(b'{"value": 1}', "Connection: close"):
            connection.send(bytes([byte]))
        assert b"\r\n\r\n1" in read_to_end(connection)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("place", [0, 40, 110])
@pytest.mark.parametrize("asks", [False, True], ids=["of its own", "of both"])
def test_requests_behind_new_keys_are_answered(gateway, place, times, asks):
    with NewKeysClient(gateway.port) as client:
        for number in range(2):
            request = request_of(b'{"value": %d}' % number)
            if place:
                client.write(request[:place])
            for _ in range(times):
                client.change_keys(asks)
            client.write(request[place:])
            client.send()
            assert client.read().endswith(b"\r\n\r\n%d" % number)


def test_a_request_is_read_that_comes_while_new_keys_are(gateway):
    """The keys come behind one request, and the next one while the server looks at them."""

    def ask():
        with NewKeysClient(gateway.port) as client:
            for number in range(2):
                client.write(request_of(b'{"value": %d}' % number))
                for _ in range(3):
                    client.change_keys()
                client.send()
                assert client.read().endswith(b"\r\n\r\n%d" % number)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for asked in [pool.submit(ask) for _ in range(800)]:
            asked.result()


def read_to_end(connection):
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def test_expect_and_chunks(gateway):
    with shake_hands(gateway, gateway.tls) as connection:
        head = f"POST {ECHO} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'5\r\n{"val\r\n7\r\nue": 1}\r\n0\r\n\r\n')
        assert read_to_end(connection).endswith(b"\r\n\r\n1")


def test_malformed_requests_have_their_answers(gateway):
    answers, closed = raw.exchange(gateway.port, b"NONSENSE\r\n\r\n", tls=gateway.tls)
    problem(answers[0], 400, "invalid-request")
    assert closed
    answers, _ = raw.exchange(gateway.port, b"GET /livez HTTP/1.1\r\n\r\n", tls=gateway.tls)
    problem(answers[0], 400, "invalid-request")


def test_a_request_that_comes_too_slowly_is_answered(family, authority, server_files):
    gateway = serve(family, authority, server_files, http_read_timeout_ms=500)
    with shake_hands(gateway, gateway.tls) as connection:
        connection.sendall(b"POST /demo/local/echo HTTP/1.1\r\nHost: localhost\r\n")
        answer = raw.split(read_to_end(connection))[0][0]
    problem(answer, 408, "http-408")


def test_notifications(family, vhost, authority, server_files):
    gateway = serve(family, authority, server_files, url=vhost.url(), notifications_heartbeat_ms=200)
    with shake_hands(gateway, gateway.tls) as connection:
        connection.sendall(b"GET /-/notifications/tls-topic HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        received = connection.recv(65536)
        assert b" 200 " in received and b"text/event-stream" in received
        payload = {"payload": {"n": 1}}
        until(lambda: gateway.post("/-/notifications/tls-topic/instance.create", payload).status in (200, 202), 10)
        connection.settimeout(10)
        while b"instance.create" not in received:
            received += connection.recv(65536)
    until(lambda: "\nnotifications_listeners 0" in gateway.get("/metrics").body.decode(), 10)


def test_a_client_that_leaves_during_its_call_is_noticed(family, vhost, authority, server_files):
    family.oslo_server(vhost.url(), "left", "alpha")
    gateway = serve(family, authority, server_files, url=vhost.url())
    connection = shake_hands(gateway, gateway.tls)
    connection.sendall(request_of(b'{"seconds": 20}', path="/left/alpha/sleep"))
    until(lambda: gateway.get("/-/info").json()["in_flight"] == 1, 10)
    connection.close()
    until(lambda: gateway.get("/-/info").json()["in_flight"] == 0, 5)


def test_a_client_that_has_ended_its_side_gets_its_answer(gateway):
    with shake_hands(gateway, gateway.tls) as connection:
        connection.sendall(request_of(b'{"seconds": 1.5}', path="/demo/local/sleep"))
        # The notice that nothing follows, with the reading side left open.
        socket.socket(fileno=os.dup(connection.fileno())).shutdown(socket.SHUT_WR)
        received = read_to_end(connection)
    assert raw.split(received)[0][0].status == 200


# Handshakes


def openssl(gateway, authority, *options):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-CAfile", authority.path, *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


def test_versions(gateway, authority):
    lowered = ["-cipher", "ALL:@SECLEVEL=0"]
    for version, is_spoken in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        said = openssl(gateway, authority, version, *lowered)
        assert ("Verify return code: 0 (ok)" in said and "Cipher is (NONE)" not in said) == is_spoken, (version, said)
    assert "alert protocol version" in openssl(gateway, authority, "-tls1_1", *lowered)


def test_only_tls_13(family, authority, server_files):
    gateway = serve(family, authority, server_files, http_tls_minimum="1.3")
    assert result(gateway.post("/demo/local/add", {"a": 1, "b": 2})) == b"3"
    assert is_refused(gateway, authority.context(most=ssl.TLSVersion.TLSv1_2))


def accepted(gateway, authority, version, option, ciphers):
    return {name for name in ciphers if "Cipher is " + name in openssl(gateway, authority, version, option, name)}


def test_ciphers(gateway, authority, figure):
    """Forward secrecy and authenticated encryption alone."""
    old = subprocess.check_output(["openssl", "ciphers", "-tls1_2", "-s", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], text=True)
    new = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256"]
    spoken = accepted(gateway, authority, "-tls1_2", "-cipher", old.strip().split(":"))
    spoken_new = accepted(gateway, authority, "-tls1_3", "-ciphersuites", new)
    figure(f"TLS 1.2: {', '.join(sorted(spoken))}; TLS 1.3: {', '.join(sorted(spoken_new))}")
    # The test's certificate has a key of an elliptic curve.
    assert spoken == {f"ECDHE-ECDSA-{name}" for name in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
    assert spoken_new == set(new[:3])


@pytest.mark.parametrize("version, flights", [(ssl.TLSVersion.TLSv1_2, 2), (ssl.TLSVersion.TLSv1_3, 1)])
def test_round_trips_of_a_handshake(gateway, authority, version, flights):
    """No more than the protocol needs: the group is one for which a client has sent its share."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = authority.context(least=version, most=version).wrap_bio(incoming, outgoing, server_hostname="localhost")
    waits = 0
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as connection:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                # What is sent together may come in pieces.
                time.sleep(0.2)
                incoming.write(connection.recv(65536))
                waits += 1
    assert waits == flights


def test_protocols_of_the_application(gateway, authority):
    with shake_hands(gateway, authority.context(alpn=["h2", "http/1.1"])) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
    with shake_hands(gateway, authority.context()) as connection:
        assert connection.selected_alpn_protocol() is None
    assert "no application protocol" in is_refused(gateway, authority.context(alpn=["h2"]))


def test_another_handshake_is_not_given(gateway, authority):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2"]
    done = subprocess.run(command, input="R\n", capture_output=True, text=True, timeout=20)
    assert "Secure Renegotiation IS supported" in done.stdout
    assert "no renegotiation" in done.stderr or "error" in done.stderr.lower(), done.stderr
    assert gateway.get("/livez").status == 200


def test_an_unknown_authority_is_the_clients_affair(gateway, tmp_path):
    assert "CERTIFICATE_VERIFY_FAILED" in is_refused(gateway, Authority(tmp_path, "another").context())
    assert gateway.get("/livez").status == 200


@pytest.mark.parametrize("data", [b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", b"x", b"POST / HTTP/1.0\r\n\r\n"])
def test_plain_http_is_told_to_speak_tls(gateway, data):
    answers, closed = raw.exchange(gateway.port, data)
    assert closed
    assert "https" in problem(answers[0], 400, "invalid-request")["detail"]


def test_nonsense_in_place_of_a_handshake(gateway):
    hello = bytes([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3])
    for data in (
        bytes([22]) * 5,
        bytes([22, 3, 1, 255, 255]) + bytes(70_000),
        hello + os.urandom(193),
        hello,
        b"",
        bytes([22, 3, 1, 0, 0]) * 1000,
        bytes([22, 3, 1, 0, 2, 1, 0]) * 1000,
        bytes([22, 3, 3, 64, 0, 1, 255, 255, 255]) + bytes(16_380),
    ):
        with socket.create_connection(("127.0.0.1", gateway.port), 10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
        assert gateway.get("/livez").status == 200


def hello_bytes(authority):
    """What a client sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = authority.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_handshakes_that_never_end(family, authority, server_files, figure):
    """A thousand of them, in several states: others are answered beside them, and they end."""
    gateway = serve(family, authority, server_files, http_tls_handshake_timeout_ms=3000, http_tls_max_handshakes=200)
    hello, before = hello_bytes(authority), gateway.memory()
    stuck = []
    for number in range(1000):
        connection = socket.create_connection(("127.0.0.1", gateway.port), 10)
        connection.sendall((b"", hello[:1], hello[: len(hello) // 2], hello)[number % 4])
        stuck.append(connection)
    times = []
    for _ in range(50):
        answer = gateway.post(ECHO, {"value": 1})
        assert answer.status == 200
        times.append(answer.seconds)
    during = gateway.memory()
    figure(
        f"beside 1,000 handshakes that never end: median {sorted(times)[25] * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms; "
        f"memory {before:.0f} to {during:.0f} MiB"
    )
    assert max(times) < 1
    for connection in stuck:
        connection.settimeout(10)
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
        connection.close()
    until(lambda: "\nhttp_server_connections 1\n" in gateway.get("/metrics").body.decode(), 10)


def test_many_handshakes_at_once_leave_room_for_others(family, authority, tmp_path, figure):
    """Signatures of RSA take a millisecond each: those who are connected do not wait for all of them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    gateway = serve(family, authority, authority.server("rsa", key=key))
    victim, times, ends = raw.connect(gateway.port, tls=gateway.tls), [], time.monotonic() + 4
    hello = hello_bytes(authority)
    stop = threading.Event()

    def attack():
        while not stop.is_set():
            with socket.create_connection(("127.0.0.1", gateway.port), 10) as connection:
                connection.sendall(hello)
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    attackers = [threading.Thread(target=attack) for _ in range(8)]
    for attacker in attackers:
        attacker.start()
    while time.monotonic() < ends:
        began = time.monotonic()
        victim.request("GET", "/livez")
        assert victim.getresponse().read() is not None
        times.append(time.monotonic() - began)
    stop.set()
    for attacker in attackers:
        attacker.join()
    times.sort()
    figure(f"{len(times)} requests beside a flood of handshakes: median {times[len(times) // 2] * 1000:.1f} ms, slowest {times[-1] * 1000:.0f} ms")
    assert times[len(times) // 2] < 0.1


# Certificates


def served_names(gateway, authority, host):
    """The subject alternative names of the certificate that a client gets who asks for a host."""
    context = authority.context()
    context.check_hostname = False
    with shake_hands(gateway, context, host) as connection:
        return {value for kind, value in connection.getpeercert()["subjectAltName"] if kind == "DNS"}


def test_certificates_by_name(family, authority):
    first, second = authority.server("first", "first.example"), authority.server("second", "*.second.example")
    gateway = family.gateway(
        "memory://",
        tls=authority.context(),
        http_tls_certificate=f"{first.path},{second.path}",
        http_tls_key=f"{first.key_path},{second.key_path}",
    )
    for host, name in (
        ("first.example", "first.example"),
        ("a.second.example", "*.second.example"),
        ("other.example", "first.example"),
        ("127.0.0.1", "first.example"),
    ):
        assert served_names(gateway, authority, host) == {name}
    metrics = gateway.get("/metrics").body.decode()
    for number, one in (("1", first), ("2", second)):
        end = int(one.certificate.not_valid_after_utc.timestamp())
        line = next(line for line in metrics.splitlines() if line.startswith(f'http_server_certificate_expiry_timestamp_seconds{{certificate="{number}"'))
        assert float(line.split()[-1]) == end


def start(*settings):
    """Starts what does not start; returns its exit code and what it said."""
    environment = inherited() | {f"RPC_GATEWAY_{name.upper()}": str(value) for name, value in settings}
    command = [places.executable(), "serve", "--listen", "127.0.0.1:0", "--transport-url", "memory://"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stderr


def test_wrong_files_are_refused_by_name(authority, server_files, tmp_path):
    other = authority.server("other")
    expired = authority.server("expired", begins=-10 * DAY, ends=-DAY)
    early = authority.server("early", begins=DAY)
    nonsense, missing = tmp_path / "nonsense.pem", tmp_path / "missing.pem"
    nonsense.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    cases = [
        ((server_files.path, other.key_path), "http.tls.key", other.key_path, "is not the key of the certificate"),
        ((expired.path, expired.key_path), "http.tls.certificate", expired.path, "ended on"),
        ((early.path, early.key_path), "http.tls.certificate", early.path, "begins to be valid on"),
        ((nonsense, server_files.key_path), "http.tls.certificate", nonsense, "no certificates"),
        ((server_files.key_path, server_files.key_path), "http.tls.certificate", server_files.key_path, "no certificates"),
        ((server_files.path, nonsense), "http.tls.key", nonsense, "no private key"),
        ((missing, server_files.key_path), "http.tls.certificate", missing, "does not exist"),
    ]
    for (certificate, key), setting, path, reason in cases:
        code, said = start(("http_tls_certificate", certificate), ("http_tls_key", key))
        assert code == 2 and setting in said and str(path) in said and reason in said, said
        check = inherited() | {"RPC_GATEWAY_HTTP_TLS_CERTIFICATE": str(certificate), "RPC_GATEWAY_HTTP_TLS_KEY": str(key)}
        done = subprocess.run([places.executable(), "config", "check"], env=check, capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and reason in done.stderr, done.stderr
    code, said = start(("http_tls_certificate", server_files.path))
    assert code == 2 and "http.tls.key" in said, said
    code, said = start(("http_tls_client_authority", authority.path))
    assert code == 2 and "http.tls.certificate" in said, said


class Load:
    """Calls on connections that stay and on new ones, until it is told to stop; notes what fails."""

    def __init__(self, gateway, context):
        self.gateway, self.context, self.count, self.failures = gateway, context, 0, []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number % 2,)) for number in range(6)]
        for thread in self.threads:
            thread.start()

    def run(self, keeps):
        connection = raw.connect(self.gateway.port, tls=self.context)
        while not self.stopping.is_set():
            try:
                connection.request("POST", ECHO, b'{"value": 1}', {"Content-Type": "application/json"})
                answer = connection.getresponse()
                if (answer.status, answer.read()) != (200, b"1"):
                    self.failures.append(answer.status)
            except Exception as error:
                self.failures.append(repr(error))
                connection.close()
            self.count += 1
            if not keeps:
                connection.close()
        connection.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self.failures


def test_certificates_are_read_again_under_load(family, authority, tmp_path, figure):
    first, second, third = (authority.server(f"reload-{name}", f"{name}.example") for name in ("one", "two", "three"))
    path, key_path = tmp_path / "live.pem", tmp_path / "live.key"
    replace(path, first.content)
    replace(key_path, first.key_content)
    gateway = family.gateway("memory://", tls=authority.context(), http_tls_certificate=path, http_tls_key=key_path)
    load = Load(gateway, gateway.tls)
    shown = lambda: served_names(gateway, authority, "any.example")
    assert shown() == {"one.example"}
    replace(key_path, second.key_content)
    replace(path, second.content)
    until(lambda: shown() == {"two.example"}, 10)
    # A file that is broken, one that has ended, and a key that does not fit: the old ones stay.
    expired = authority.server("reload-expired", "expired.example", begins=-9 * DAY, ends=-DAY)
    for content, key_content, reason in (
        (b"nonsense", second.key_content, "no certificates"),
        (expired.content, expired.key_content, "ended on"),
        (third.content, second.key_content, "is not the key"),
    ):
        replace(path, content)
        replace(key_path, key_content)
        until(lambda: any("certificates refused" in line and reason in line for line in gateway.errors), 10)
        assert shown() == {"two.example"}
    replace(path, third.content)
    replace(key_path, third.key_content)
    gateway.signal(signal.SIGHUP)
    until(lambda: shown() == {"three.example"}, 10)
    failures = load.stop()
    figure(f"{load.count} requests while certificates were changed, {len(failures)} failed")
    assert failures == [] and load.count > 100


def test_a_certificate_that_ends_soon_is_told(family, authority):
    soon = authority.server("soon", ends=2 * DAY)
    gateway = serve(family, authority, soon)
    until(lambda: any("a certificate ends soon" in line and str(soon.path) in line for line in gateway.errors), 10)


# The stop


def test_no_request_is_lost_at_the_stop(family, authority, server_files):
    gateway = serve(family, authority, server_files)
    failures, lock = [], threading.Lock()

    def call():
        while True:
            connection = raw.connect(gateway.port, timeout=10, tls=gateway.tls)
            try:
                connection.connect()
            except OSError:
                # Nobody is there any more, or it had not been asked anything.
                return
            try:
                while True:
                    connection.request("POST", ECHO, b'{"value": 1}', {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    body = answer.read()
                    if answer.status not in (200, 503):
                        failures.append((answer.status, body))
                    if answer.will_close:
                        break
            except Exception as error:
                with lock:
                    failures.append(repr(error))
                return
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        callers = [pool.submit(call) for _ in range(8)]
        time.sleep(1)
        gateway.signal(signal.SIGTERM)
        for caller in callers:
            caller.result(20)
    gateway.child.wait(10)
    assert gateway.child.returncode == 0
    assert failures == []


# A listener that others reach


def test_others_are_served_with_tls_and_authentication(family, authority, server_files, tmp_path):
    key, line = new_key("ci")
    write(tmp_path / "keys.yaml", line)
    settings = {"AUTH_KEYS": tmp_path / "keys.yaml", "HTTP_TLS_CERTIFICATE": server_files.path, "HTTP_TLS_KEY": server_files.key_path}
    environment = {f"RPC_GATEWAY_{name}": str(value) for name, value in settings.items()}
    command = [places.executable(), "serve", "--listen", "0.0.0.0:0", "--transport-url", "memory://"]
    gateway = family.add(Process(command, environment))
    port = int(gateway.wait_for_line(lambda line: "listening on https://0.0.0.0:" in line, 20).rpartition(":")[2])
    fields = {"Content-Type": "application/json"}
    ask = lambda more: raw.request(port, "POST", ECHO, b'{"value": 1}', {**fields, **more}, tls=authority.context())
    assert ask({"Authorization": f"Bearer {key}"}).status == 200
    problem(ask({}), 401, "unauthenticated")
