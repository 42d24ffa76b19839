"""Ways in that are none: what is refused has run nowhere. `make abuse` runs this file alone.

A gateway with keys, rules and a trusted proxy stands before a server that writes down every message it gets. `user` may call `echo` of the topic
`guarded` and look at operations; `hit`, other topics, modes and pages are the administrator's. Each attempt asks for one of those, or is nobody's,
and carries the value `in`. At the end of each test nothing with that value has reached the server.
"""

import base64
import itertools
import json
import random
import socket
import statistics
import time

import pytest

from harness import http
from harness.waiting import until
from test_authentication import made, new_key, with_checksum, write

RULES = """
- allow: guarded/*/echo
  principals: user
  modes: call
- allow: -/-/-
  principals: user
  modes: operations
- allow: "*/*/*"
  addresses: 198.51.100.0/24
- allow: "*/*/*"
  principals: ["proxy#root"]
- allow: "*/*/*"
  principals: admin
  rights: [context, exchange, headers]
"""
HIT, ECHO, IN = b"/guarded/one/hit", b"/guarded/one/echo", b'{"value": "in"}'


def near(key):
    """A key that nobody has, with a right checksum, which begins with 35 characters of a right key."""
    return with_checksum(key[4:35] + ("a" if key[35] != "a" else "b"))


class Site:
    def __init__(self, family, vhost, folder):
        (self.user, user), (self.admin, admin), (self.old, old) = new_key("user"), new_key("admin"), new_key("old")
        write(folder / "keys.yaml", user, admin, old.replace("}", ", expires: 2020-01-01}"))
        write(folder / "policy.yaml", RULES)
        self.service = family.verbatim_server(vhost.server_url, "guarded", "one")
        self.gateway = family.gateway(
            vhost.url(), auth_keys=folder / "keys.yaml", policy_file=folder / "policy.yaml", auth_proxy_addresses="127.0.0.9",
            auth_proxy_identity="keystone", notifications_pools="true", policy_audit="none",
        )  # fmt: skip
        self.attempts = 0
        self.settled = itertools.count()

    def request(self, path=HIT, *fields, method=b"POST", key=..., body=IN, host=b"localhost", kind=b"application/json", close=True, length=True):
        """A request as bytes; by `user` unless told."""
        key = self.user if key is ... else key
        lines = [method + b" " + path + b" HTTP/1.1"] + ([b"Host: " + host] if host is not None else [])
        lines += [b"Content-Type: " + kind] if kind else []
        lines += [b"Content-Length: %d" % len(body)] if length else []
        lines += [b"Authorization: Bearer " + key.encode()] if key else []
        lines += [b"Connection: close"] if close else []
        return b"\r\n".join([*lines, *fields, b"", b""]) + body

    def settle(self):
        """Waits until whatever was sent before has come to the server; whatever had the mark, or is no `echo`, has got in."""
        mark = f"settled-{next(self.settled)}"
        for path in ("/guarded/one/echo", "/guarded/echo", "/guarded/*/echo:cast"):
            answer = self.gateway.post(path, {"value": mark}, {"X-Api-Key": self.admin})
            assert answer.status in (200, 202), answer.body
        until(lambda: sum(call["arguments"].get("value") == mark for call in self.service.calls) == 3)
        got_in = [call for call in self.service.calls if call["method"] != "echo" or call["arguments"].get("value") == "in"]
        assert got_in == []

    def attempt(self, data, statuses, source=None):
        """What was answered; None where the connection was closed without a word."""
        self.attempts += 1
        answers, closed = http.exchange(self.gateway.port, data, timeout=5, source=source)
        assert answers or closed
        status = answers[0].status if answers else None
        assert status in statuses, (status, statuses, data[:300], answers[0].body[:300] if answers else b"")
        assert len(answers) <= 1, data[:300]
        return answers[0] if answers else None


@pytest.fixture(scope="module")
def site(module_family, vhost, tmp_path_factory):
    return Site(module_family, vhost, tmp_path_factory.mktemp("site"))


@pytest.fixture(autouse=True)
def nothing_got_in(site):
    yield
    site.settle()


def test_the_server_writes_down_what_comes(site):
    """What these tests look at sees what they look for."""
    answer = site.gateway.post("/guarded/one/echo", {"value": "allowed"}, {"X-Api-Key": site.user})
    assert (answer.status, answer.body) == (200, b'"allowed"')
    answer = site.gateway.post("/guarded/one/hit", {"value": "right"}, {"X-Api-Key": site.admin})
    assert (answer.status, answer.body) == (200, b'"right"')
    assert site.service.wait_for_call("hit", value="right")
    with pytest.raises(AssertionError):
        site.settle()
    # It is forgotten, so that later tests begin without it.
    site.service.output.catch_up()
    site.service.lines.clear()


def paths():
    """Spellings that a filter and a router may read in two ways."""
    plain = HIT.decode()
    yield plain
    for index, letter in enumerate(plain):
        for form in (f"%{ord(letter):02x}", f"%{ord(letter):02X}", f"%25{ord(letter):02x}", f"%u00{ord(letter):02x}", f"%{ord(letter):02x}%00"):
            yield plain[:index] + form + plain[index + 1 :]
    for slash in ("%2f", "%2F", "%252f", "\\", "%5c", "%c0%af", "%e0%80%af", "%f0%80%80%af", "%ef%bc%8f", "%e2%81%84", "//", "/./", "/x/../", "/%2e/", ";/"):
        for path in ("guarded{}one{}hit", "guarded{}one/hit", "guarded/one{}hit"):
            yield "/" + path.format(slash, slash)
            yield slash + path.format(slash, slash)
    for dots in ("..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..;", "..;x=y", "..%00", "%c0%ae%c0%ae", "..%5c", "...", ".%00."):
        for slash in ("/", "%2f", "\\", "//"):
            yield slash.join(["/guarded/one/echo", dots, "hit"])
            yield slash.join(["/healthz", dots, "guarded/one/hit"])
            yield slash.join(["", dots, "guarded/one/hit"])
    for end in (";", ";x", ";echo", "%3b", "/", "//", "/.", "/..", "%00", "%00echo", "%0a", "%0d%0aX:y", "%20", "+", "%09", "%7f", "%ff", ".", "?", "??", "?x=1",
                "?/../echo", "#", "#/../echo", "%23echo", "%3fecho", ":call", ":cast", ":gather", ":CAST", "%3acast", ":cast:cast", "%c0%80", "%ed%a0%80", "*", "%2a",
                ",echo", "|echo", "&echo", "=echo", "@echo", "~", "%", "%2", "%zz"):  # fmt: skip
        yield plain + end
        yield "/guarded/one" + end + "/hit"
        yield "/guarded" + end + "/hit"
    for name in ("HIT", "Hit", "hi%74", "h%C4%B1t", "hi%CC%87t", "hi\u200bt", "%68%69%74", "hit\u0301", "%EF%BD%88it", "h\u00edt", "_hit", "__class__"):
        yield "/guarded/one/" + name
    for topic in ("GUARDED", "Guarded", "guarded.one", "guarded%2eone", "guarde%64", "*", "-", "guarded*", "gu\u0430rded", "guarded.", ".guarded", "openstack"):
        yield f"/{topic}/one/hit"
        yield f"/{topic}/hit"
    for server in ("*", "-", "%2a", "%2d", "ONE", "one.one", "..", "%2e", "guarded.one"):
        yield f"/guarded/{server}/hit"
        yield f"/guarded/{server}/hit:cast"
        yield f"/guarded/{server}/hit:gather"


def test_paths_that_mean_something_else_to_somebody(site):
    spellings = sorted({path.encode() for path in paths()})
    for path in spellings:
        if b" " not in path:
            site.attempt(site.request(path), {400, 403, 404, 405})
    for path in spellings[::5]:
        if b" " not in path:
            site.attempt(site.request(path, key=None), {400, 401})
            site.attempt(site.request(path, b"Prefer: respond-async"), {400, 403, 404, 405})


def test_pages_that_are_not_everybodys(site):
    pages = ["/metrics", "/-/metrics", "/-/info", "/", "/-/openapi.yaml", "/-/healthy", "/-/ready", "/-/health/guarded", "/-/notifications/guarded"]
    disguises = [
        "{}", "/{}", "{}/", "{};x", "{}%00", "/healthz/..{}", "/healthz%2f..{}", "/healthz/%2e%2e{}", "/healthz;{}", "/readyz/..;{}", "/livez{}", "/.{}",
        "{}?x=/healthz", "/%2e{}", "{}%20", "{}.", "{}%23/healthz", "\\{}",
    ]  # fmt: skip
    for page, disguise in itertools.product(pages, disguises):
        for spelling in {disguise.format(page), disguise.format(page.upper()), disguise.format(page).replace("-", "%2d")}:
            for method in (b"GET", b"HEAD"):
                path = spelling.encode()
                site.attempt(site.request(path, method=method, key=None, body=b"", kind=None, length=False), {400, 401})
            answer = site.attempt(site.request(spelling.encode(), method=b"GET", body=b"", kind=None, length=False), {400, 403, 404, 405})
            assert b"rpc_gateway" not in answer.body
            assert b"rabbit" not in answer.body


def test_other_ways_to_the_same_method(site):
    message = json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps({"method": "hit", "args": {"value": "in"}})}).encode()
    for path in ("hit", "hit:cast", "echo:cast"):
        for server in ("one/", "*/", "-/", ""):
            site.attempt(site.request(f"/guarded/{server}{path}".encode()), {400, 403})
    for query in ("exchange=amq.topic", "exchange=", "exchange=-", "exchange=openstack", "namespace=x", "version=1.0", "min=1", "server=one", "topic=guarded"):
        site.attempt(site.request(HIT + b"?" + query.encode()), {400, 403})
    site.attempt(site.request(ECHO + b"?exchange=other"), {403})
    for route in ("-/guarded", "-/guarded.one", "openstack/guarded", "openstack/guarded.one", "guarded_fanout/x", "%2d/guarded", "-/reply_x", "amq.topic/guarded"):
        for more in ("", ":call", "?exchange=openstack"):
            site.attempt(site.request(f"/-/amqp/{route}{more}".encode(), body=message), {400, 403, 404, 405})
    for topic in ("guarded", "guarded.one"):
        site.attempt(site.request(f"/-/notifications/{topic}/hit".encode()), {403})
        site.attempt(site.request(f"/-/notifications/{topic}?pool=guarded".encode(), method=b"GET", body=b"", length=False), {400, 403})
        site.attempt(site.request(f"/-/notifications/{topic}?pool=mine".encode(), method=b"GET", body=b"", length=False), {403})
    entries = [{"jsonrpc": "2.0", "id": 1, "method": method, "params": {"value": "in"}} for method in
               ("guarded/one/hit", "guarded/hit", "/guarded/one/hit", "guarded/one/echo/../hit", "guarded/one/hit:cast", "guarded/*/hit:gather", "guarded%2fone%2fhit",
                "-/amqp/-/guarded", "guarded/one/hit?", "GUARDED/one/hit", "guarded.one/hit", "//guarded/one/hit", "guarded/one/echo:cast")]  # fmt: skip
    for entry in [*entries, *({**entry, "id": None} for entry in entries)]:
        answer = site.attempt(site.request(b"/-/jsonrpc", body=json.dumps(entry).encode()), {200})
        assert "error" in answer.json()
    for entry in entries:
        del entry["id"]
        site.attempt(site.request(b"/-/jsonrpc", body=json.dumps([entry, entry]).encode()), {204})
    site.attempt(site.request(b"/-/jsonrpc", body=b'{"jsonrpc":"2.0","id":1,"method":"guarded/one/echo","method":"guarded/one/hit","params":{"value":"in"}}'), {200})


def test_the_answer_to_somebody_elses_request_is_theirs(site):
    fields = {"X-Api-Key": site.admin, "Idempotency-Key": '"k-1"', "Prefer": "respond-async"}
    begun = site.gateway.post("/guarded/one/echo", {"value": "secret"}, fields)
    assert begun.status == 202
    path = begun.headers["Location"].encode()
    until(lambda: site.gateway.get(path.decode(), {"X-Api-Key": site.admin}).status == 200)
    unknown = b"/-/operations/" + b"0" * (len(path) - len(b"/-/operations/"))
    for key, statuses in ((site.user, {404}), (None, {401})):
        for method in (b"GET", b"DELETE", b"HEAD"):
            bare = {"method": method, "key": key, "body": b"", "kind": None, "length": False}
            one, other = (site.attempt(site.request(where, **bare), statuses) for where in (path, unknown))
            assert told(one) == told(other)
            for spelling in (path.upper(), path + b"/", path + b"%00", path[:-1], path.replace(b"/-/", b"/%2d/"), b"/" + path, path + b"?wait=0", path + b";x"):
                answer = site.attempt(site.request(spelling, **bare), {400, 401, 404, 405})
                assert b"secret" not in answer.body
    replayed = site.attempt(site.request(ECHO, b'Idempotency-Key: "k-1"', body=b'{"value": "mine"}'), {200})
    assert replayed.body == b'"mine"'
    assert site.gateway.get(path.decode(), {"X-Api-Key": site.admin}).body == b'"secret"'


OVERRIDES = [b"X-HTTP-Method-Override: POST", b"X-HTTP-Method: POST", b"X-Method-Override: POST", b"_method: POST", b"X-Original-Method: POST"]
REWRITES = [
    b"X-Original-URL: %s", b"X-Rewrite-URL: %s", b"X-Original-URI: %s", b"X-Forwarded-Path: %s", b"X-Forwarded-Uri: %s", b"X-Forwarded-Prefix: /guarded/one",
    b"X-Accel-Redirect: %s", b"X-Request-URI: %s", b"Destination: %s", b"Content-Location: %s", b"Request-URI: %s", b"X-Envoy-Original-Path: %s",
]  # fmt: skip


def test_fields_and_methods_that_would_be_others(site):
    for field, method in itertools.product(OVERRIDES, (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE")):
        for path in (HIT, HIT + b"?_method=POST"):
            site.attempt(site.request(path, field, method=method, key=site.admin), {204, 400, 404, 405})
    for method in (b"post", b"Post", b"GET", b"PUT", b"PATCH", b"DELETE", b"QUERY", b"TRACE", b"CONNECT", b"PROPFIND", b"POSTX", b"XPOST", b"\xc2\xb2POST"):
        site.attempt(site.request(HIT, method=method, key=site.admin), {400, 404, 405, 501})
    for field in REWRITES:
        field = field % HIT if b"%s" in field else field
        site.attempt(site.request(b"/", field, key=site.admin), {403, 404, 405})
        site.attempt(site.request(b"/healthz", field, key=site.admin), {403, 404, 405})
        answer = site.attempt(site.request(ECHO, field, body=b'{"value": "allowed"}'), {200})
        assert answer.body == b'"allowed"'


def test_hosts_and_origins(site):
    port = b":%d" % site.gateway.port
    for host in (b"evil.example", b"evil.example" + port, b"127.0.0.1.evil.example", b"localhost.evil.example", b"localhost@evil.example", b"evil.example#localhost",
                 b"evil.example/localhost", b"[::ffff:203.0.113.1]", b"0x7f.1", b"2130706433", b"localhost, evil.example", b"localhost\t.evil", b"LOCALHOST.evil",
                 b"localhost:80:80", b"localhost:x", b"[::1", b"localhost%00.evil.example", b"\xc2\xb2"):  # fmt: skip
        site.attempt(site.request(HIT, host=host, key=site.admin), {400, 421})
    site.attempt(site.request(HIT, b"Host: evil.example", key=site.admin), {400})
    site.attempt(site.request(HIT, host=None, key=site.admin), {400})
    for target in (b"http://evil.example/guarded/one/hit", b"http://localhost@evil.example/guarded/one/hit", b"https://evil.example/guarded/one/hit",
                   b"//evil.example/guarded/one/hit", b"http:/guarded/one/hit", b"http://", b"javascript:/guarded/one/hit", b"localhost:80", b"guarded/one/hit", b"*",
                   b"file:///guarded/one/hit", b"http://evil.example\\@localhost/guarded/one/hit"):  # fmt: skip
        site.attempt(site.request(target, key=site.admin), {400, 404, 405, 421})
    for field in (b"X-Forwarded-Host: localhost", b"X-Host: localhost", b"Forwarded: host=localhost"):
        site.attempt(site.request(HIT, field, host=b"evil.example", key=site.admin), {421})
    # Browsers send these without asking first.
    for kind in (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"text/plain; application/json", b"application/json5", b"", b"application/json, text/plain"):
        for origin in (b"https://evil.example", b"null", b"http://localhost.evil.example", b"http://localhost:1"):
            site.attempt(site.request(HIT, b"Origin: " + origin, b"Content-Type: " + kind, key=site.admin, kind=None), {400, 403, 415})
    for method in (b"POST", b"PUT", b"GET"):
        preflight = [b"Origin: https://evil.example", b"Access-Control-Request-Method: " + method, b"Access-Control-Request-Headers: authorization,content-type"]
        answer = site.attempt(site.request(HIT, *preflight, method=b"OPTIONS", key=None, body=b"", kind=None, length=False), {401})
        assert not [name for name in answer.headers if name.lower().startswith("access-control-allow")]


def smuggled(site):
    """Requests that somebody in front may end elsewhere: behind that stands one of the administrator's, which nobody may find."""
    inner = site.request(HIT, key=site.admin, close=False)
    size = b"Content-Length: %d" % len(inner)
    outer = lambda *fields, **more: site.request(HIT, *fields, body=b"", close=False, length=False, **more)  # noqa: E731
    chunked = b"Transfer-Encoding: chunked"
    end = b"0\r\n\r\n"
    for coding in (chunked, b"Transfer-Encoding : chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: identity",
                   b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: chunked\r\n\t, gzip", b"X: y\nTransfer-Encoding: chunked",
                   b"Transfer\x00-Encoding: chunked", b"transfer-encoding: CHUNKED", b"Transfer-Encoding: chun\xe9ked", b"Transfer-Encoding: chunked\r", b"Transfer-Encoding:",
                   b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x"):  # fmt: skip
        yield outer(b"Content-Length: %d" % (len(end) + len(inner)), coding) + end + inner, {400, 501}
        yield outer(coding, b"Content-Length: 4") + b"%x\r\n" % len(inner) + inner + b"\r\n" + end, {400, 501}
    for length in (b"0x0", b"+0", b"-0", b"0 0", b"0,%d" % len(inner), b"%d, %d" % (len(inner), len(inner)), b"0\x00", b"00_0", b"0.0", b"", b"1e1", b"\xd9\xa0", b"0;", b"18446744073709551616"):
        yield outer(b"Content-Length: " + length) + inner, {400, 413}
    yield outer(b"Content-Length: 0", size) + inner, {400}
    yield outer(size, b"Content-Length: 0") + inner, {400}
    yield outer(b"Content-Length : 0", size) + inner, {400}
    # The whole of it is the body.
    yield outer(size) + inner, {400, 403}
    yield outer(size, b"Expect: 100-continue") + inner, {400, 403}
    yield outer(size, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__") + inner, {400, 403}
    yield outer(size, b"Connection: Content-Length") + inner, {400, 403}
    yield outer(size, b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", b"Sec-WebSocket-Version: 13") + inner, {400, 403}
    for method in (b"GET", b"HEAD", b"OPTIONS", b"DELETE"):
        yield outer(size, method=method) + inner, {204, 400, 404, 405}
    yield outer(size, method=b"GET").replace(HIT, b"/healthz", 1) + inner, {200, 400, 405}
    yield outer(chunked) + b"%x\r\n" % len(inner) + inner + b"\r\n" + end, {400, 403}
    for chunk in (b"0x0\r\n\r\n", b"-0\r\n\r\n", b"+0\r\n\r\n", b" 0\r\n\r\n", b"0\n\n", b"0\n\r\n", b"0\r\r", b"0;a\nb\r\n\r\n", b"\r\n0\r\n\r\n", b"2\r\n{}0\r\n\r\n", b"1\r\n{}\r\n0\r\n\r\n",
                  b"0\r\nX y\r\n\r\n", b"0\r\nContent-Length\r\n\r\n", b"fffffffffffffffff\r\n", b"0\x00\r\n\r\n"):  # fmt: skip
        yield outer(chunked) + chunk + inner, {400, 413, None}
    yield outer(chunked).replace(b"HTTP/1.1", b"HTTP/1.0") + end + inner, {400}
    yield outer(b"X-A: b\r\rc") + inner, {400}
    yield outer(b"X-A: b\n\n" + inner), {400}
    yield outer(b"X-A: b\r\n \r\n" + inner), {400}
    # Trailers are no fields: a key in them is nobody's.
    yield site.request(HIT, chunked, key=None, body=b"f\r\n" + IN + b"\r\n0\r\nAuthorization: Bearer " + site.admin.encode() + b"\r\n\r\n", length=False), {400, 401}
    for line in (b"Authorization: Bearer ", b"X-Api-Key: "):
        for gap in (b"%0d%0a", b"%0a", b"\\r\\n", b"%e5%98%8a%e5%98%8d", b"\xe5\x98\x8a"):
            yield site.request(HIT + b"?x=" + gap + line.replace(b" ", b"%20") + site.admin.encode(), key=None), {400, 401}
            yield site.request(HIT, b"X-A: b" + gap + line + site.admin.encode(), key=None), {400, 401}


def test_requests_within_requests(site):
    for data, statuses in smuggled(site):
        site.attempt(data, statuses)


def test_credentials_where_they_do_not_belong(site):
    key = site.admin.encode()
    names = [b"access_token", b"api_key", b"apikey", b"key", b"token", b"auth_token", b"authorization", b"X-Api-Key", b"bearer", b"x", b"ACCESS_TOKEN"]
    for name in names:
        for fields in ([], [b"X-Api-Key: " + key]):
            # Even beside a right one.
            site.attempt(site.request(HIT + b"?" + name + b"=" + key, *fields, key=None), {400})
            site.attempt(site.request(HIT + b"?a=b&" + name + b"=" + key, *fields, key=None), {400})
            site.attempt(site.request(HIT, b"Cookie: " + name + b"=" + key, *fields, key=None), {400})
            site.attempt(site.request(HIT, b"Cookie: a=b; " + name + b"=" + key, *fields, key=None), {400})
    basic = base64.b64encode(b"admin:" + key)
    for field in (b"Authorization: Basic " + basic, b"Authorization: " + key, b"Authorization: Token " + key, b"Authorization: Digest " + key, b"Authorization: Bearer",
                  b"Authorization: Bearer " + key + b" " + key, b"Authorization: Bearer " + key + b"," + key, b"Authorization: Bearer=" + key, b"Authorization: Bearer\t" + key,
                  b'Authorization: Bearer "' + key + b'"', b"Proxy-Authorization: Bearer " + key, b"X-Auth-Token: " + key, b"X-Authorization: Bearer " + key, b"Api-Key: " + key,
                  b"X_Api_Key: " + key, b"X-Api-Key2: " + key, b"Sec-WebSocket-Protocol: " + key, b"Referer: http://x/?key=" + key, b"From: " + key,
                  b"X-Api-Key: Bearer " + key):  # fmt: skip
        site.attempt(site.request(HIT, field, key=None), {401})
    for fields in ([b"X-Api-Key: " + key, b"X-Api-Key: " + key], [b"Authorization: Bearer " + key] * 2, [b"X-Api-Key: " + key, b"Authorization: Bearer " + site.user.encode()],
                   [b"X-Api-Key:", b"X-Api-Key: " + key]):  # fmt: skip
        site.attempt(site.request(HIT, *fields, key=None), {400})
    for path in (b"/" + key + b"/guarded/one/hit", b"/guarded/one/hit/" + key, b"/admin:" + key + b"@guarded/one/hit"):
        site.attempt(site.request(path, key=None), {401})
    site.attempt(site.request(HIT, key=None, body=b'{"value": "in", "key": "' + key + b'"}'), {401})


def test_keys_that_are_nearly_right(site):
    key = site.admin
    wrong = {key[:index] + other + key[index + 1 :] for index in range(len(key)) for other in ("a", "7", "A", "_") if key[index] != other}
    wrong |= {key[:-1], key + "a", key.upper(), key.title(), " ".join(key), key[4:], "rgw_", "rgw-" + key[4:], key + "=", key[:20], near(key), made("x"), site.old, key + "," + key}
    wrong |= {key.replace("rgw_", "rgw_" + extra) for extra in ("%72", "\u00ad", "a")}
    for text in sorted(wrong):
        site.attempt(site.request(HIT, b"Authorization: Bearer " + text.encode(), key=None), {401})
    for text in sorted(wrong)[::4]:
        site.attempt(site.request(HIT, b"X-Api-Key: " + text.encode(), key=None), {401})
        site.attempt(site.request(ECHO, b"X-Api-Key: " + text.encode()), {401})


PROXY_FIELDS = [b"X-Identity-Status: Confirmed", b"X-User-Id: root", b"X-Roles: admin", b"X-Project-Id: p", b"X-Is-Admin-Project: True", b"X-Service-Roles: admin"]


def test_what_only_a_proxy_may_say(site):
    claims = [
        b"X-Forwarded-For: 127.0.0.9", b"X-Forwarded-For: 198.51.100.1", b"X-Forwarded-For: 127.0.0.9, 198.51.100.1", b"Forwarded: for=198.51.100.1", b"X-Real-IP: 198.51.100.1",
        b"True-Client-IP: 198.51.100.1", b"Client-IP: 198.51.100.1", b"X-Client-IP: 198.51.100.1", b"X-Originating-IP: 198.51.100.1", b"CF-Connecting-IP: 198.51.100.1",
        b"X-Remote-Addr: 198.51.100.1", b"Via: 1.1 proxy", b"X-Cluster-Client-IP: 198.51.100.1",
    ]  # fmt: skip
    for claim in [b"X-A: b", *claims]:
        for source in ("127.0.0.1", "127.0.0.8"):
            site.attempt(site.request(HIT, claim), {403}, source)
            site.attempt(site.request(HIT, claim, key=None), {401}, source)
            for field in PROXY_FIELDS:
                for key in (None, site.user):
                    answer = site.attempt(site.request(HIT, claim, field, key=key), {400}, source)
                    assert answer.json()["detail"].startswith(field.split(b":")[0].decode())
            site.attempt(site.request(HIT, claim, *PROXY_FIELDS, key=None), {400}, source)
    for field in (b"X_Identity_Status: Confirmed", b"X_User_Id: root", b"X-Remote-User: root", b"Remote-User: root", b"X-Forwarded-User: root", b"X-Auth-Request-User: root",
                  b"X-SSL-Client-Verify: SUCCESS", b"SSL-Client-S-DN: CN=root", b"X-Client-Cert: x", b"X-Forwarded-Client-Cert: x"):  # fmt: skip
        site.attempt(site.request(HIT, field), {403})
        site.attempt(site.request(HIT, field, key=None), {401})
    for field in (b"X-User-Id : root", b"X-User-Id\t: root", b"X-User-Id\x00: root", b"X-User-Id\r\n: root", b" X-User-Id: root"):
        site.attempt(site.request(HIT, b"X-Identity-Status: Confirmed", field, key=None), {400})
    # The client of a proxy says something before the proxy does.
    root = [b"X-Identity-Status: Confirmed", b"X-User-Id: nobody"]
    for fields in ([*root, b"X-User-Id: root"], [*root, b"X-Roles: admin"], [*root, b"X-Forwarded-For: 198.51.100.1, 203.0.113.1"], [*root, b"X-Forwarded-For: 198.51.100.1", b"X-Forwarded-For: 203.0.113.1"],
                   [b"X-Identity-Status: Invalid", b"X-User-Id: root"], [b"X-Identity-Status: Confirmed, Invalid", b"X-User-Id: root"], [*root, b"X-Tenant-Id: p"], [b"X-User-Id: root"],
                   [*root, b"Forwarded: for=198.51.100.1"], [*root, b"X-Forwarded-For: 198.51.100.1, x"]):  # fmt: skip
        site.attempt(site.request(HIT, *fields, key=None), {400, 401, 403}, "127.0.0.9")


def test_contexts_of_others(site):
    for context in (b'{"is_admin": true}', b'{"roles": ["admin"]}', b"{}", b'{"user_id": "admin"}', b"[]", b"{", b'{"is_admin": true, "is_admin": false}'):
        for path in (ECHO, HIT, b"/-/notifications/guarded/x"):
            site.attempt(site.request(path, b"Rpc-Context: " + context), {400, 403})
        entry = {"jsonrpc": "2.0", "id": 1, "method": "guarded/one/echo", "params": {"value": "in"}}
        answer = site.attempt(site.request(b"/-/jsonrpc", b"Rpc-Context: " + context, body=json.dumps(entry).encode()), {200, 400})
        assert answer.status == 400 or "error" in answer.json()
    site.attempt(site.request(ECHO, b"Rpc-Context: {}", b'Rpc-Context: {"is_admin": true}'), {400, 403})


def told(answer):
    """An answer without what is another one each time."""
    fields = sorted(name.lower() for name in answer.headers)
    if not answer.body:
        return answer.status, fields
    members = answer.json()
    return answer.status, fields, {name: members[name] for name in members if name not in ("instance", "request_id", "elapsed", "target", "method")}


def test_nobody_learns_what_there_is(site):
    pairs = [
        ("/guarded/one/hit", "/nosuch/one/hit"), ("/guarded/one/hit", "/guarded/none/hit"), ("/guarded/one/hit", "/guarded/one/nosuch"), ("/guarded/hit", "/nosuch/hit"),
        ("/guarded/one/hit:cast", "/nosuch/one/hit:cast"), ("/guarded/*/hit:cast", "/nosuch/*/hit:cast"), ("/guarded/*/hit:gather", "/nosuch/*/hit:gather"),
        ("/-/amqp/-/guarded", "/-/amqp/-/nosuch"), ("/-/amqp/openstack/guarded", "/-/amqp/nosuch/guarded"), ("/-/notifications/guarded/x", "/-/notifications/nosuch/x"),
        ("/guarded/one/_hit", "/nosuch/one/_hit"), ("/guarded/one/hit?exchange=openstack", "/guarded/one/hit?exchange=nosuch"),
    ]  # fmt: skip
    looks = [("/-/health/guarded", "/-/health/nosuch"), ("/-/health/guarded/one", "/-/health/guarded/none"), ("/-/notifications/guarded", "/-/notifications/nosuch")]
    for key, statuses in ((site.user, {403}), (None, {401}), (made("x"), {401})):
        for pair in pairs:
            one, other = (site.attempt(site.request(path.encode(), key=key), statuses) for path in pair)
            assert told(one) == told(other), pair
        for pair in looks:
            one, other = (site.attempt(site.request(path.encode(), method=b"GET", key=key, body=b"", kind=None, length=False), statuses) for path in pair)
            assert told(one) == told(other), pair
    # To a stranger all paths are one, and a key that was is one that never was.
    answers = [site.attempt(site.request(path, key=None), {401}) for path in (HIT, ECHO, b"/", b"/-/jsonrpc", b"/x/y/z/%zz", b"/-/operations/1", b"/metrics")]
    assert all(told(answer) == told(answers[0]) for answer in answers)
    answers = [site.attempt(site.request(HIT, key=key), {401}) for key in (made("x"), near(site.admin), site.old, site.admin[:-1], "x", "rgw_")]
    assert all(told(answer) == told(answers[0]) for answer in answers)


class Stopwatch:
    """Times requests on a connection that stays open."""

    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port), 10)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def time(self, data):
        start = time.perf_counter_ns()
        self.connection.sendall(data)
        received = self.connection.recv(65536)
        while not http.split(received)[0]:
            received += self.connection.recv(65536)
        return (time.perf_counter_ns() - start) / 1000

    def compare(self, one, other, rounds=40, size=60):
        """By how many microseconds one takes longer than the other, and the error of that: medians of rounds in which both take turns."""
        differences = []
        for _ in range(rounds):
            times = ([], [])
            for _ in range(size):
                for index in random.sample((0, 1), 2):
                    times[index].append(self.time((one, other)[index]))
            differences.append(statistics.median(times[0]) - statistics.median(times[1]))
        middle = statistics.median(differences)
        # The error of a median, from the median deviation: one slow round does not matter.
        spread = 1.4826 * statistics.median(abs(difference - middle) for difference in differences)
        return middle, 1.2533 * spread / rounds**0.5


# Microseconds: what a look at the broker, a slow hash, or a log that is waited for would take at the least, and a difference of two medians does
# not reach by itself; five errors are added for a machine that is busy.
BOUND = 20


def test_time_tells_nothing(site, figure):
    watch = Stopwatch(site.gateway.port)
    ask = lambda path=HIT, **more: site.request(path, close=False, **more)  # noqa: E731
    pairs = {
        "a wrong key and one nearly right": (ask(key=made("a")), ask(key=near(site.admin))),
        "a wrong key and one that was right": (ask(key=made("a")), ask(key=site.old)),
        "a wrong checksum in front and behind": (ask(key="rgw_b" + site.admin[5:]), ask(key=site.admin[:-1] + ("a" if site.admin[-1] != "a" else "b"))),
        "a topic that is there and one that is not": (ask(), ask(b"/nosuch1/one/hit")),
        "a server that is there and one that is not": (ask(), ask(b"/guarded/two/hit")),
        "queues of plain AMQP": (ask(b"/-/amqp/-/guarded"), ask(b"/-/amqp/-/nosuch1")),
        "queues' state": tuple(ask(path, method=b"GET", body=b"", kind=None, length=False) for path in (b"/-/health/guarded", b"/-/health/nosuch1")),
    }
    told = []
    for name, (one, other) in pairs.items():
        site.attempts += 2 * 40 * 60
        difference, error = watch.compare(one, other)
        assert abs(difference) < BOUND + 5 * error, f"{name}: {difference:.1f} ± {error:.1f} µs"
        told.append(f"{name}: {difference:+.1f} ± {error:.1f} µs")
    figure("; ".join(told))
    # The same stopwatch sees the broker being asked.
    difference, error = watch.compare(ask(ECHO, body=b'{"value": "allowed"}'), ask(), rounds=10, size=20)
    assert difference > BOUND + 5 * error, f"{difference:.1f} ± {error:.1f} µs"


def test_how_many_got_in(site, figure):
    site.settle()
    figure(f"{site.attempts} attempts, 0 in")
