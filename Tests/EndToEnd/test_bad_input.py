"""Malformed requests: each gets the right refusal, none harms the next request."""

import os
import socket
import time

import pytest

from harness import http
from harness.gateway import problem, result
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "bad", "alpha")


PATH = b"/bad/alpha/echo"


def post(fields=b"", body=b"{}", path=PATH, version=b"HTTP/1.1", host=b"Host: localhost\r\n", length=True, line=None):
    """A request that is right but for what is given."""
    head = line if line is not None else b"POST " + path + b" " + version + b"\r\n"
    head += host + b"Content-Type: application/json\r\n"
    if length:
        head += b"Content-Length: %d\r\n" % len(body)
    return head + fields + b"\r\n" + body


def chunked(body, fields=b""):
    return post(b"Transfer-Encoding: chunked\r\n" + fields, body, length=False)


# name, bytes, statuses that are right. None among them: the connection may also be closed without a word.
FRAMING = [
    ("length and chunked", post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"), {400}),
    ("chunked and length", chunked(b"2\r\n{}\r\n0\r\n\r\n", b"Content-Length: 2\r\n"), {400}),
    ("two lengths that differ", post(b"Content-Length: 3\r\n"), {400}),
    ("two lengths that agree", post(b"Content-Length: 2\r\n"), {400}),
    ("a list of lengths", post(b"Content-Length: 2, 2\r\n", length=False), {400}),
    ("two hosts", post(b"Host: other\r\n"), {400}),
    ("no host", post(host=b""), {400}),
    ("an empty host twice", post(host=b"Host:\r\nHost:\r\n"), {400}),
    ("a folded field", post(b"X-Folded: a\r\n b\r\n"), {400}),
    ("a field folded with a tab", post(b"X-Folded: a\r\n\tb\r\n"), {400}),
    ("a folded coding", post(b"Transfer-Encoding:\r\n chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n", length=False), {400}),
    ("bare line feeds", post().replace(b"\r\n", b"\n"), {400}),
    ("one bare line feed", post(b"X-A: b\n"), {400}),
    ("a bare carriage return in a value", post(b"X-A: b\rc\r\n"), {400}),
    ("gzip, chunked", post(b"Transfer-Encoding: gzip, chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n", length=False), {400, 501}),
    ("chunked, gzip", post(b"Transfer-Encoding: chunked, gzip\r\n", b"2\r\n{}\r\n0\r\n\r\n", length=False), {400, 501}),
    ("chunked twice", post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n", length=False), {400, 501}),
    ("two codings in two fields", chunked(b"0\r\n\r\n", b"Transfer-Encoding: identity\r\n"), {400, 501}),
    ("xchunked", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n", length=False), {400, 501}),
    ("identity", post(b"Transfer-Encoding: identity\r\n", b"", length=False), {400, 501}),
    ("an empty coding", post(b"Transfer-Encoding:\r\n", b"", length=False), {400, 501}),
    ("chunked in HTTP/1.0", post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", version=b"HTTP/1.0", length=False), {400}),
    ("NUL in a value", post(b"X-A: a\0b\r\n"), {400}),
    ("NUL in a name", post(b"X\0A: b\r\n"), {400}),
    ("NUL in the path", post(path=b"/bad/alpha/ec\0ho"), {400}),
    ("a blank before the colon", post(b"X-A : b\r\n"), {400}),
    ("length with a blank before the colon", post(b"Content-Length : 2\r\n", length=False), {400}),
    ("a field without a colon", post(b"nonsense\r\n"), {400}),
    ("a field without a name", post(b": b\r\n"), {400}),
    ("a name with a blank", post(b"X A: b\r\n"), {400}),
    ("a name beyond ASCII", post(b"X-\xc3\xa9: b\r\n"), {400}),
    ("a blank before the first field", post(host=b" Host: localhost\r\n"), {400}),
    ("a control character in a value", post(b"X-A: a\x01b\r\n"), {400}),
    ("DEL in a value", post(b"X-A: a\x7fb\r\n"), {400}),
    ("a negative length", post(b"Content-Length: -1\r\n", length=False), {400}),
    ("a length with a sign", post(b"Content-Length: +2\r\n", length=False), {400}),
    ("a hexadecimal length", post(b"Content-Length: 0x2\r\n", length=False), {400}),
    ("a length that is no number", post(b"Content-Length: two\r\n", length=False), {400}),
    ("an empty length", post(b"Content-Length:\r\n", length=False), {400}),
    ("a length beyond 64 bits", post(b"Content-Length: 99999999999999999999999\r\n", b"", length=False), {400, 413}),
    ("a length over the limit", post(b"Content-Length: 99999999999\r\n", b"", length=False), {413}),
    ("a chunk size that is no number", chunked(b"zz\r\n{}\r\n0\r\n\r\n"), {400}),
    ("a negative chunk size", chunked(b"-2\r\n{}\r\n0\r\n\r\n"), {400}),
    ("a chunk size beyond 64 bits", chunked(b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), {400, 413}),
    ("a chunk longer than it says", chunked(b"1\r\n{}\r\n0\r\n\r\n"), {400}),
    ("a chunk without its end", chunked(b"2\r\n{}0\r\n\r\n"), {400}),
    ("HTTP/2.0", post(version=b"HTTP/2.0"), {505}),
    ("HTTP/3.7", post(version=b"HTTP/3.7"), {505}),
    ("HTTP/1.15", post(version=b"HTTP/1.15"), {400, 505}),
    ("HTTP/0.9 with fields", post(version=b"HTTP/0.9"), {400, 505}),
    ("a version in small letters", post(version=b"http/1.1"), {400, 505}),
    ("no version at all", post(line=b"POST /bad/alpha/echo\r\n"), {400, 505, None}),
    ("two blanks in the first line", post(line=b"POST  /bad/alpha/echo HTTP/1.1\r\n"), {400, 505}),
    ("a blank in the path", post(path=b"/bad/al pha/echo"), {400, 505}),
    ("a tab in the first line", post(line=b"POST\t/bad/alpha/echo\tHTTP/1.1\r\n"), {400, 501, 505}),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 405, 501, 505}),
    ("TLS on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n", {400, None}),
    ("AMQP on a port of HTTP", b"AMQP\0\0\x09\x01\r\n\r\n", {400, None}),
    ("bytes beyond ASCII in the path", post(path=b"/bad/alpha/\xff\xfe"), {400}),
    ("a fragment in the path", post(path=b"/bad/alpha/echo#x"), {400}),
    ("CONNECT", b"CONNECT bad:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, 405, 501}),
    ("TRACE", b"TRACE /bad/alpha/echo HTTP/1.1\r\nHost: localhost\r\n\r\n", {405, 501}),
    ("a method nobody knows", post(line=b"BREW /bad/alpha/echo HTTP/1.1\r\n"), {405, 501}),
    ("a method with a forbidden character", post(line=b"PO(ST /bad/alpha/echo HTTP/1.1\r\n"), {400, 405, 501}),
    ("a method in small letters", post(line=b"post /bad/alpha/echo HTTP/1.1\r\n"), {405, 501}),
    ("many fields", post(b"X-A: b\r\n" * 20000), {431, 400}),
    ("one long field", post(b"X-A: " + b"b" * 100000 + b"\r\n"), {431}),
    ("one long name", post(b"X" * 100000 + b": b\r\n"), {431, 400}),
    ("a long path", post(path=b"/" + b"a" * 100000), {414, 431}),
    ("a long query", post(path=PATH + b"?namespace=" + b"a" * 100000), {414, 431}),
    ("an unknown expectation", post(b"Expect: coffee\r\n"), {417, 400, 200}),
]

# name, its Host, status
HOSTS = [
    ("a page that has its name point here", "evil.example", 421),
    ("the same with the port", "evil.example:8080", 421),
    ("a name that begins as the address does", "127.0.0.1.evil.example", 421),
    ("the address", "127.0.0.1", 200),
    ("localhost", "localhost:1", 200),
]


@pytest.mark.parametrize("host, status", [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_hosts_that_are_not_ours(gateway, server, host, status):
    answers, _ = http.exchange(gateway.port, post(host=f"Host: {host}\r\nOrigin: http://{host}\r\n".encode()))
    assert [answer.status for answer in answers] == [status]


def test_hosts_that_are_told_to_be_ours(family, vhost, server):
    gateway = family.gateway(vhost.url(), http_hosts="gateway.example, [2001:db8::1]")
    for host, status in [("gateway.example", 200), ("[2001:DB8::1]:80", 200), ("other.example", 421), ("localhost", 200)]:
        answers, _ = http.exchange(gateway.port, post(host=f"Host: {host}\r\n".encode()))
        assert [answer.status for answer in answers] == [status], host


# name, path: 400 each
PATHS = [
    ("empty topic", b"//echo"),
    ("empty server", b"/bad//echo"),
    ("empty method", b"/bad/alpha/"),
    ("dot", b"/bad/./echo"),
    ("two dots", b"/bad/../echo"),
    ("encoded dots", b"/bad/%2e%2E/echo"),
    ("encoded NUL", b"/bad/al%00pha/echo"),
    ("encoded line feed", b"/bad/al%0Apha/echo"),
    ("encoded DEL", b"/bad/al%7Fpha/echo"),
    ("half an escape", b"/bad/alpha/ech%6"),
    ("an escape that is none", b"/bad/alpha/ech%zz"),
    ("a bare percent sign", b"/bad/alpha/echo%"),
    ("invalid UTF-8", b"/bad/al%FFpha/echo"),
    ("an overlong form", b"/bad/al%C0%AFpha/echo"),
    ("a surrogate", b"/bad/al%ED%A0%80pha/echo"),
    ("method with a dash", b"/bad/alpha/ec-ho"),
    ("method that begins with a digit", b"/bad/alpha/1echo"),
    ("method with a dot", b"/bad/alpha/ec.ho"),
    ("method with an encoded slash", b"/bad/alpha/ec%2Fho"),
    ("method with an encoded blank", b"/bad/alpha/ec%20ho"),
    ("unknown suffix", b"/bad/alpha/echo:publish"),
    ("empty suffix", b"/bad/alpha/echo:"),
    ("suffix twice", b"/bad/alpha/echo:cast:cast"),
    ("call to all", b"/bad/*/echo"),
    ("unknown parameter", PATH + b"?verison=1.0"),
    ("parameter twice", PATH + b"?version=1.0&version=1.0"),
    ("parameter twice, once encoded", PATH + b"?version=1.0&%76ersion=1.0"),
    ("version that is none", PATH + b"?version=one"),
    ("version of one part", PATH + b"?version=1"),
    ("invalid UTF-8 in a parameter", PATH + b"?namespace=%FF"),
    ("half an escape in a parameter", PATH + b"?namespace=%F"),
    ("topic and server over 255 bytes", b"/" + b"t" * 128 + b"/" + b"s" * 128 + b"/echo"),
    ("exchange over 255 bytes", PATH + b"?exchange=" + b"x" * 256),
]

# name, body: 400 invalid-arguments-json each
BODIES = [
    ("nothing but a blank", b" "),
    ("null", b"null"),
    ("array", b"[]"),
    ("number", b"1"),
    ("string", b'"a"'),
    ("unclosed", b'{"a": 1'),
    ("trailing comma", b'{"a": 1,}'),
    ("trailing text", b"{} {}"),
    ("single quotes", b"{'a': 1}"),
    ("bare key", b"{a: 1}"),
    ("comment", b'{"a": 1 /* b */}'),
    ("NaN", b'{"a": NaN}'),
    ("Infinity", b'{"a": -Infinity}'),
    ("leading zero", b'{"a": 01}'),
    ("plus sign", b'{"a": +1}'),
    ("bare point", b'{"a": 1.}'),
    ("bare exponent", b'{"a": 1e}'),
    ("hexadecimal", b'{"a": 0x1}'),
    ("True", b'{"a": True}'),
    ("bad escape", b'{"a": "\\x"}'),
    ("half an escape", b'{"a": "\\u12"}'),
    ("control character", b'{"a": "\x01"}'),
    ("line feed in a string", b'{"a": "\n"}'),
    ("invalid UTF-8", b'{"a": "\xff"}'),
    ("overlong UTF-8", b'{"a": "\xc0\xaf"}'),
    ("surrogate in UTF-8", b'{"a": "\xed\xa0\x80"}'),
    ("invalid UTF-8 outside of strings", b'{"a": \xff}'),
    ("byte order mark", b"\xef\xbb\xbf{}"),
    ("UTF-16", '{"a": 1}'.encode("utf-16-le")),
    ("NUL after the end", b"{}\0"),
    ("key twice", b'{"a": 1, "a": 2}'),
    ("key twice, once escaped", b'{"a": 1, "\\u0061": 2}'),
    ("too deep", b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}"),
    ("very deep", b'{"a":' * 200000 + b"1" + b"}" * 200000),
    ("colon missing", b'{"a" 1}'),
    ("value missing", b'{"a": }'),
    ("comma first", b'{,"a": 1}'),
    ("number as key", b"{1: 2}"),
]

# name, field: 400 invalid-request each
FIELDS = [
    ("time-out that is no number", b"Rpc-Timeout: soon"),
    ("time-out of zero", b"Rpc-Timeout: 0"),
    ("negative time-out", b"Rpc-Timeout: -1"),
    ("time-out that is not finite", b"Rpc-Timeout: inf"),
    ("time-out twice", b"Rpc-Timeout: 1\r\nRpc-Timeout: 2"),
    ("monitor that is no number", b"Rpc-Call-Monitor: often"),
    ("negative monitor", b"Rpc-Call-Monitor: -1"),
    ("context that is no JSON", b"Rpc-Context: {"),
    ("context that is no object", b"Rpc-Context: []"),
]


@pytest.fixture(autouse=True)
def unharmed(gateway, server):
    """Whatever a test sends: afterwards the gateway lives and serves."""
    yield
    assert gateway.running
    assert result(gateway.post("/bad/alpha/echo", {"value": 1})) == b"1"


def refuse(gateway, data):
    started = time.monotonic()
    answers, closed = http.exchange(gateway.port, data, timeout=4)
    assert time.monotonic() - started < 8
    return answers, closed


def test_the_tables_are_long_enough():
    assert len(FRAMING) + len(PATHS) + len(BODIES) + len(FIELDS) >= 60


@pytest.mark.parametrize(("data", "statuses"), [row[1:] for row in FRAMING], ids=[row[0] for row in FRAMING])
def test_framing(gateway, data, statuses):
    answers, closed = refuse(gateway, data)
    if not answers:
        assert closed, "neither an answer nor the end of the connection"
        assert None in statuses, "closed without an answer"
        return
    # What is left of a broken request must never be taken for a request of its own.
    assert len(answers) == 1, [answer.status for answer in answers]
    assert answers[0].status in statuses, (answers[0].status, answers[0].body)
    if answers[0].status >= 400:
        assert answers[0].headers["Content-Type"] == "application/problem+json"
        assert answers[0].json()["executed"] == "no"
        assert answers[0].json()["status"] == answers[0].status
        if answers[0].status in (400, 413, 414, 431, 505):
            assert closed or answers[0].headers.get("Connection", "").lower() != "close"


@pytest.mark.parametrize("path", [row[1] for row in PATHS], ids=[row[0] for row in PATHS])
def test_paths(gateway, path):
    answers, _ = refuse(gateway, post(path=path))
    assert [answer.status for answer in answers] == [400], answers
    assert answers[0].code in ("invalid-request", "invalid-target")


@pytest.mark.parametrize("body", [row[1] for row in BODIES], ids=[row[0] for row in BODIES])
def test_bodies(gateway, body):
    answers, _ = refuse(gateway, post(body=body))
    assert [answer.status for answer in answers] == [400], answers
    assert answers[0].code == "invalid-arguments-json"
    assert any(character.isdigit() for character in answers[0].json()["detail"]), answers[0].json()["detail"]


@pytest.mark.parametrize("field", [row[1] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_fields(gateway, field):
    answers, _ = refuse(gateway, post(field + b"\r\n"))
    assert [answer.status for answer in answers] == [400], answers
    assert answers[0].code == "invalid-request"


def test_a_bad_trace_context_is_left_out(gateway):
    answer = gateway.post("/bad/alpha/ctxt", headers={"traceparent": "00-00000000000000000000000000000000-0-1"})
    assert "traceparent" not in answer.json()


def test_keys_that_only_look_alike_are_two(gateway):
    body = '{"value": 1, "\u00e9": 1, "e\u0301": 2}'.encode()
    answer = gateway.post("/bad/alpha/kwargs", body)
    assert answer.json() == {"value": 1, "\u00e9": 1, "e\u0301": 2}


def test_a_depth_that_is_allowed(gateway):
    body = b'{"value": ' + b"[" * 250 + b"]" * 250 + b"}"
    assert result(gateway.post("/bad/alpha/echo", body)) == b"[" * 250 + b"]" * 250


def test_the_second_request_of_a_smuggler_never_runs(gateway, server):
    inner = post(body=b'{"mark": "smuggled"}', path=b"/bad/alpha/hit")
    for data in (
        post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n" + inner),
        chunked(b"0\r\n\r\n" + inner, b"Content-Length: 5\r\n"),
        post(b"Content-Length: 0\r\n", inner),
        post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n" + inner, length=False),
        post(b"X-A: b\n\n", inner),
    ):
        answers, _ = refuse(gateway, data)
        assert len(answers) == 1 and answers[0].status in (400, 501)
    # What had been sent before this would have begun before it.
    assert result(gateway.post("/bad/alpha/hit", {"mark": "honest"})) == b"null"
    assert [call["arguments"]["mark"] for call in server.calls if call["method"] == "hit"] == ["honest"]


def test_pipelined_requests_are_answered_in_their_order(gateway):
    data = b"".join(post(body=b'{"value": %d}' % n) for n in range(20))
    answers, _ = http.exchange(gateway.port, data, timeout=10)
    assert [answer.body for answer in answers] == [b"%d" % n for n in range(20)]


def test_pipelined_slow_then_fast(gateway):
    data = post(body=b'{"seconds": 0.6}', path=b"/bad/alpha/sleep") + post(body=b'{"value": "fast"}')
    answers, _ = http.exchange(gateway.port, data, timeout=10)
    assert [answer.body for answer in answers[:1]] == [b"0.6"]


def test_chunked_bodies(gateway):
    for body in (
        b'd\r\n{"value": 12}\r\n0\r\n\r\n',
        b'1\r\n{\r\nC;name=value\r\n"value": 12}\r\n000\r\n\r\n',
        b'D\r\n{"value": 12}\r\n0\r\nX-Trailer: t\r\n\r\n',
    ):
        answers, _ = http.exchange(gateway.port, chunked(body))
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"12")]


def test_one_byte_at_a_time(gateway):
    data = post(body=b'{"value": 7}')
    answers, _ = http.exchange(gateway.port, [data[n : n + 1] for n in range(len(data))])
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"7")]


def test_expect_continue(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
        connection.sendall(post(b"Expect: 100-continue\r\nContent-Length: 12\r\n", b"", length=False))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b'{"value": 7}')
        assert connection.recv(10000).startswith(b"HTTP/1.1 200")


def test_expect_continue_is_refused_at_once_when_the_body_is_too_large(gateway):
    data = post(b"Expect: 100-continue\r\nContent-Length: 999999999\r\n", b"", length=False)
    answers, _ = http.exchange(gateway.port, data)
    assert [answer.status for answer in answers] == [413]


def test_http_1_0(gateway):
    answers, closed = http.exchange(gateway.port, post(version=b"HTTP/1.0", body=b'{"value": 3}'))
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"3")]
    assert closed


def test_connection_close(gateway):
    answers, closed = http.exchange(gateway.port, post(b"Connection: close\r\n", b'{"value": 3}'))
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"3")]
    assert closed


def test_half_a_close_still_gets_its_answer(gateway):
    answers, _ = http.exchange(gateway.port, post(body=b'{"value": 3}'), half_close=True)
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"3")]


def test_an_absolute_target(gateway):
    answers, _ = http.exchange(gateway.port, post(path=b"http://localhost/bad/alpha/echo", body=b'{"value": 3}'))
    assert answers[0].status == 200
    answers, _ = http.exchange(gateway.port, post(path=b"http://evil.example/bad/alpha/echo", body=b'{"value": 3}'))
    problem(answers[0], 421, "http-421")


def test_clients_that_go_away_in_the_middle(gateway):
    data = post(body=b'{"seconds": 1}', path=b"/bad/alpha/sleep")
    for n in range(0, len(data), 7):
        with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
            connection.sendall(data[:n])
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
            connection.sendall(data)
    descriptors = lambda: len(list_descriptors(gateway))  # noqa: E731
    before = descriptors()
    until(lambda: descriptors() <= max(before - 30, 60), 10, what="descriptors are given back")


def list_descriptors(gateway):
    return os.listdir(f"/proc/{gateway.child.pid}/fd")


def test_a_slow_head_is_cut_off(family, vhost):
    strict = family.gateway(vhost.url(), http_read_timeout_ms=700)
    with socket.create_connection(("127.0.0.1", strict.port), 10) as connection:
        started = time.monotonic()
        connection.settimeout(10)
        received = b""
        try:
            while time.monotonic() - started < 8:
                connection.sendall(b"X" if received or time.monotonic() - started > 0.1 else b"GET /healthz HTTP/1.1\r\nX: ")
                time.sleep(0.2)
                connection.settimeout(0.01)
                try:
                    more = connection.recv(4096)
                    if not more:
                        break
                    received += more
                except TimeoutError:
                    pass
        except OSError:
            pass
        assert time.monotonic() - started < 5, "a head that trickles is never cut off"
    assert received == b"" or received.startswith(b"HTTP/1.1 408")
    assert strict.get("/healthz").status == 200


def test_a_slow_body_is_cut_off(family, vhost):
    strict = family.gateway(vhost.url(), http_read_timeout_ms=700)
    started = time.monotonic()
    data = post(b"Content-Length: 100\r\n", b'{"value"', length=False)
    answers, closed = http.exchange(strict.port, data, timeout=8)
    assert closed or answers
    assert time.monotonic() - started < 5
    assert not answers or answers[0].status == 408


def test_an_idle_connection_is_closed(family, vhost):
    strict = family.gateway(vhost.url(), http_idle_timeout_ms=1000)
    with socket.create_connection(("127.0.0.1", strict.port), 10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(10000)
        started = time.monotonic()
        assert connection.recv(1000) == b""
        assert 0.5 < time.monotonic() - started < 5
