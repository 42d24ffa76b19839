"""Pages of other origins: what a browser asks for them, and what it is told."""

import json
import pathlib
import signal
import socket
import subprocess

import pytest

from harness import http, places
from harness.gateway import problem
from harness.process import inherited
from harness.waiting import until

APP, BELOW, FOREIGN = "https://app.example.org", "https://a.b.example.net", "https://evil.example"
CALL = "/demo/local/echo"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    command = [places.executable(), "keys", "new", "page"]
    done = subprocess.run(command, capture_output=True, text=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)
    first, line = done.stdout.splitlines()
    path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    path.write_text(line + "\n")
    return path, first


@pytest.fixture(scope="module")
def open_to_pages(module_family, key):
    """Pages of some origins may use it, with a key."""
    return module_family.gateway("memory://", auth_keys=key[0], http_cors_origins=f"{APP}, https://*.example.net")


def preflight(gateway, path, origin, method="POST", headers="authorization,content-type"):
    return gateway.request(
        "OPTIONS", path, None, {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    )


def allowed(answer, origin):
    """Whether a browser would let a page of the origin see the answer."""
    return answer.headers.get_all("Access-Control-Allow-Origin") == [origin]


def contract():
    return json.loads((pathlib.Path(places.ROOT) / "openapi" / "gateway.json").read_text())


def paths():
    """Every path of the contract, with something for its parameters, and its methods."""
    for path, item in contract()["paths"].items():
        methods = {method.upper() for method in item if method in ("get", "head", "post", "delete")}
        while "{" in path:
            name = path[path.index("{") + 1 : path.index("}")]
            path = path.replace("{" + name + "}", "0" * 32 if name == "id" else "demo")
        yield path, methods


@pytest.mark.parametrize("path, methods", list(paths()))
@pytest.mark.parametrize("origin", [APP, BELOW])
def test_a_preflight_of_every_path(open_to_pages, path, methods, origin):
    for method in methods:
        answer = preflight(open_to_pages, path, origin, method)
        assert answer.status == 204
        assert allowed(answer, origin)
        assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
        assert answer.headers["Access-Control-Allow-Credentials"] is None
        assert answer.headers["Access-Control-Max-Age"] == "600"
        assert answer.headers["Vary"].startswith("Origin")
        assert answer.body == b""


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://app.example.org", APP + ":8443", APP + ".evil.example", "https://example.net"])
def test_foreign_origins(open_to_pages, key, origin):
    """Neither before nor behind the door."""
    for answer in (
        preflight(open_to_pages, CALL, origin),
        open_to_pages.request("OPTIONS", CALL, None, {"Origin": origin, "X-Api-Key": key[1], "Access-Control-Request-Method": "POST"}),
        open_to_pages.post(CALL, {"value": 1}, {"Origin": origin, "X-Api-Key": key[1]}),
        open_to_pages.post(CALL, {"value": 1}, {"Origin": origin}),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert answer.headers["Vary"] == "Origin"
    problem(open_to_pages.request("POST", "/-/amqp/-/q", b"", {"Origin": origin, "X-Api-Key": key[1]}), 403, "forbidden")


def test_every_kind_of_answer_can_be_read(open_to_pages, key):
    mine = {"Origin": APP, "X-Api-Key": key[1]}
    answers = {
        200: open_to_pages.post(CALL, {"value": 1}, mine),
        400: open_to_pages.post(CALL, b"[", mine),
        401: open_to_pages.post(CALL, {"value": 1}, {"Origin": APP}),
        403: open_to_pages.post("/demo/local/_private", {}, mine),
        404: open_to_pages.request("GET", "/nothing", None, mine),
        405: open_to_pages.request("PATCH", CALL, None, mine),
        415: open_to_pages.request("POST", CALL, b"x", {**mine, "Content-Type": "text/plain"}),
        202: open_to_pages.post("/demo/local/echo:cast", {"value": 1}, mine),
        204: open_to_pages.request("OPTIONS", CALL, None, mine),
    }
    for status, answer in answers.items():
        assert answer.status == status
        assert allowed(answer, APP), status
        assert answer.headers["Access-Control-Expose-Headers"] == "*"
        assert answer.headers.get_all("Vary") == ["Origin"]
    assert "request_id" in answers[401].json()


def test_an_answer_before_the_body_can_be_read(open_to_pages):
    head = f"POST {CALL} HTTP/1.1\r\nHost: localhost\r\nOrigin: {APP}\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n"
    answers, _ = http.exchange(open_to_pages.port, head.encode())
    assert answers[0].status == 401
    assert allowed(answers[0], APP)


def test_a_stream_can_be_read(open_to_pages, key):
    head = f"GET /-/notifications/t HTTP/1.1\r\nHost: localhost\r\nOrigin: {APP}\r\nX-Api-Key: {key[1]}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", open_to_pages.port), 10) as connection:
        connection.sendall(head.encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
    assert received.startswith(b"HTTP/1.1 200")
    assert f"Access-Control-Allow-Origin: {APP}\r\n".encode() in received


def test_an_allowed_page_may_send_what_needs_no_leave(open_to_pages, key):
    """Without a type and a body a browser does not ask first; of a foreign page it is refused."""
    for origin, status in [(APP, {503, 504}), (FOREIGN, {403})]:
        answer = open_to_pages.request("POST", "/-/amqp/-/nobody", b"", {"Origin": origin, "X-Api-Key": key[1], "Rpc-Timeout": "1"})
        assert answer.status in status | ({501} if origin == APP else set())
        assert allowed(answer, APP) == (origin == APP)


def test_a_preflight_is_of_no_limit(family):
    gateway = family.gateway("memory://", http_cors_origins=APP, limits_rate=1, limits_burst=20)
    for _ in range(40):
        assert preflight(gateway, CALL, APP).status == 204
    answers = [gateway.post(CALL, {"value": 1}, {"Origin": APP}) for _ in range(30)]
    refused = next(answer for answer in answers if answer.status == 429)
    assert allowed(refused, APP) and refused.headers["RateLimit"]


def test_credentials_when_asked_for(family):
    gateway = family.gateway("memory://", http_cors_origins=APP, http_cors_credentials="true")
    for answer in (preflight(gateway, CALL, APP), gateway.post(CALL, {"value": 1}, {"Origin": APP})):
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "*" not in [answer.headers["Access-Control-Expose-Headers"], answer.headers["Access-Control-Allow-Origin"]]
    exposed = gateway.post(CALL, {"value": 1}, {"Origin": APP}).headers["Access-Control-Expose-Headers"].lower().split(", ")
    told = {name.lower() for response in contract()["components"]["responses"].values() for name in response.get("headers", {})}
    assert told - {"cache-control"} <= set(exposed)


def test_every_field_of_the_contract_may_be_sent(open_to_pages):
    taken = preflight(open_to_pages, CALL, APP).headers["Access-Control-Allow-Headers"].lower().split(", ")
    known = {each["name"].lower() for each in contract()["components"]["parameters"].values() if each["in"] == "header"}
    assert known | {"authorization", "x-api-key", "content-type"} <= set(taken)


def test_without_origins_it_is_as_ever(family):
    gateway = family.gateway("memory://")
    answer = gateway.post(CALL, {"value": 1}, {"Origin": APP})
    assert answer.headers["Vary"] is None and answer.headers["Access-Control-Allow-Origin"] is None
    assert preflight(gateway, CALL, APP).headers["Access-Control-Allow-Origin"] is None


def test_origins_come_with_a_reload(family, tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text("{}\n")
    gateway = family.gateway("memory://", "--config", path)
    path.write_text(f"http:\n  cors:\n    origins: [{APP}]\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: allowed(gateway.post(CALL, {"value": 1}, {"Origin": APP}), APP))


@pytest.mark.parametrize("origin", ["*", "app.example.org", "https://app.example.org/", "https://*.org", "https://App.example.org"])
def test_what_is_no_origin(origin):
    command = [places.executable(), "config", "check", "--set", f"http.cors.origins={origin}"]
    done = subprocess.run(command, capture_output=True, text=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert f'http.cors.origins: "{origin}" (option --set): must be origins as browsers send them' in done.stderr


def request(*fields, line=f"POST {CALL} HTTP/1.1", body=b""):
    return "\r\n".join([line, "Host: localhost", *fields, "", ""]).encode() + body


REFUSED = {
    "too large": (413, request(f"Origin: {APP}", "Content-Type: application/json", "Content-Length: 5000")),
    "another host": (421, request(f"Origin: {APP}").replace(b"localhost", b"evil.example")),
    "two hosts": (400, request("Host: localhost", f"Origin: {APP}")),
    "an expectation": (417, request(f"Origin: {APP}", "Expect: 200-ok")),
    "no such version": (505, request(f"Origin: {APP}", line=f"POST {CALL} HTTP/3.0")),
    "too large in pieces": (413, request(f"Origin: {APP}", "Content-Type: application/json", "Transfer-Encoding: chunked", body=b"1000\r\n" + b"x" * 4096)),
    "no pieces": (400, request(f"Origin: {APP}", "Content-Type: application/json", "Transfer-Encoding: chunked", body=b"x\r\n")),
    "too late": (408, request(f"Origin: {APP}", "Content-Type: application/json", "Content-Length: 5")),
}  # fmt: skip
UNREAD = {
    "a long head": (431, request(f"Origin: {APP}", "X-Long: " + "x" * 70_000)),
    "a long path": (414, request(f"Origin: {APP}", line=f"POST /{'x' * 70_000} HTTP/1.1")),
    "a malformed field": (400, request(f"Origin: {APP}", "X Y: z")),
    "two origins": (413, request(f"Origin: {APP}", f"Origin: {APP}", "Content-Type: application/json", "Content-Length: 5000")),
    "no origin": (413, request("Content-Type: application/json", "Content-Length: 5000")),
}


@pytest.fixture(scope="module", params=["false", "true"], ids=["plain", "credentials"])
def strict(module_family, request):
    """Refuses early what is large or slow."""
    settings = {"http_max_body_bytes": 1000, "http_read_timeout_ms": 300, "http_cors_credentials": request.param}
    return module_family.gateway("memory://", http_cors_origins=f"{APP}, https://*.example.net", **settings)


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_http_layer_refuses_can_be_read(strict, name):
    status, sent = REFUSED[name]
    for origin, is_allowed in ((APP, True), (BELOW, True), (FOREIGN, False)):
        answers, _ = http.exchange(strict.port, sent.replace(APP.encode(), origin.encode()))
        assert answers[0].status == status
        assert answers[0].headers["Content-Type"] == "application/problem+json"
        assert allowed(answers[0], origin) == is_allowed
        assert answers[0].headers.get_all("Vary") == ["Origin"]
        assert ("Access-Control-Expose-Headers" in answers[0].headers) == is_allowed


@pytest.mark.parametrize("name", UNREAD)
def test_where_no_origin_was_read_none_is_told(strict, name):
    status, sent = UNREAD[name]
    answers, _ = http.exchange(strict.port, sent)
    assert answers[0].status == status
    assert not [each for each in answers[0].headers if each.lower().startswith("access-control-")]


def test_a_long_origin_makes_no_long_head(strict):
    origin = "https://" + "a" * 2000 + ".example.net"
    answers, _ = http.exchange(strict.port, REFUSED["too large"][1].replace(APP.encode(), origin.encode()))
    assert answers[0].status == 413
    assert len(str(answers[0].headers)) < 1024
