"""API keys: who comes in, by real HTTP, and what becomes of keys that change."""

import hashlib
import os
import re
import signal
import socket
import subprocess

import pytest

from harness import http, places
from harness.gateway import problem, result
from harness.process import inherited
from harness.waiting import until

CALL = "/demo/local/echo"
DIGITS = "abcdefghijklmnopqrstuvwxyz234567"


def run(*words):
    command = [places.executable(), *words]
    return subprocess.run(command, capture_output=True, text=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)


def new_key(name, *options):
    """A key and its line, as the command prints them."""
    done = run("keys", "new", name, *options)
    assert done.returncode == 0, done.stderr
    key, line = done.stdout.splitlines()
    return key, line


def made(seed):
    """A key of the right form that nobody has."""
    return with_checksum("".join(DIGITS[byte % 32] for byte in hashlib.sha256(seed.encode()).digest()))


def with_checksum(random):
    """The key of random digits."""
    bits = int.from_bytes(hashlib.sha256(f"rgw_{random}".encode()).digest()[:4], "big") >> 2
    return f"rgw_{random}" + "".join(DIGITS[bits >> shift & 31] for shift in range(25, -1, -5))


def write(path, *lines):
    """Puts a whole file in the place of another."""
    beside = path.with_suffix(".new")
    beside.write_text("".join(line + "\n" for line in lines))
    os.replace(beside, path)


class Keys:
    def __init__(self, folder):
        self.path = folder / "keys.yaml"
        self.ci, self.ci_line = new_key("ci", "--role", "builder", "--expires", "90d")
        self.ops, self.ops_line = new_key("ops")
        self.old, old = new_key("old")
        self.old_line = old.replace("}", ", expires: 2020-01-01}")
        self.revoked, _ = new_key("ci")
        write(self.path, self.ci_line, self.ops_line, self.old_line)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def guarded(module_family, keys):
    return module_family.gateway("memory://", auth_keys=keys.path, log_level="info")


@pytest.fixture(scope="module")
def welcoming(module_family, keys):
    """Lets requests without a credential in."""
    return module_family.gateway("memory://", auth_keys=keys.path, auth_anonymous="true")


def raw(gateway, *lines, method="POST", path=CALL):
    """A call with header lines as they are."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 12", "Connection: close", *lines, "", ""]
    answers, _ = http.exchange(gateway.port, "\r\n".join(head).encode() + b'{"value": 1}')
    return answers[0]


def bearer(key):
    return f"Authorization: Bearer {key}"


def x_api_key(key):
    return f"X-Api-Key: {key}"


def table(keys):
    """What a field can hold, and the status that it gets."""
    return {
        "right": ([keys.ci], 200),
        "another": ([keys.ops], 200),
        "wrong": ([made("wrong")], 401),
        "expired": ([keys.old], 401),
        "revoked": ([keys.revoked], 401),
        "truncated": ([keys.ci[:-1]], 401),
        "of another case": ([keys.ci.upper()], 401),
        "with something behind it": ([keys.ci + "x"], 401),
        "empty": ([""], 401),
        "9 kB": (["a" * 9_000], 401),
        "1 MB": (["a" * 1_000_000], 431),
        "twice": ([keys.ci, keys.ci], 400),
        "two": ([keys.ci, keys.ops], 400),
        "none": ([], 401),
    }


NAMES = [
    "right", "another", "wrong", "expired", "revoked", "truncated", "of another case", "with something behind it", "empty", "9 kB",
    "1 MB", "twice", "two", "none",
]  # fmt: skip


def judge(answer, status):
    if status == 200:
        assert result(answer) == b"1"
        return
    members = problem(answer, status, {400: "invalid-request", 401: "unauthenticated", 431: "http-431"}[status], "gateway", "no", False)
    assert (answer.headers["WWW-Authenticate"] is not None) == (status == 401)
    assert "rgw_" not in str(members)


@pytest.mark.parametrize("field", [bearer, x_api_key])
@pytest.mark.parametrize("name", NAMES)
def test_each_credential(guarded, welcoming, keys, field, name):
    assert set(NAMES) == set(table(keys))
    values, status = table(keys)[name]
    judge(raw(guarded, *map(field, values)), status)
    judge(raw(welcoming, *map(field, values)), 200 if name == "none" else status)


@pytest.mark.parametrize("second", NAMES)
@pytest.mark.parametrize("first", NAMES)
def test_both_fields(guarded, keys, first, second):
    """The plain reading: each has to be right, and both have to be of one principal."""
    (one, a), (other, b) = table(keys)[first], table(keys)[second]
    if "1 MB" in (first, second) or first == second == "9 kB":
        expected = 431
    elif first != "none" and a != 200:
        expected = a
    elif second != "none" and b != 200:
        expected = b
    elif "none" in (first, second):
        expected = max(a, b) if first == second else 200
    else:
        expected = 200 if first == second else 400
    judge(raw(guarded, *map(bearer, one), *map(x_api_key, other)), expected)


@pytest.mark.parametrize("scheme, status", [("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Token", 401), ("", 401)])
def test_schemes(guarded, keys, scheme, status):
    judge(raw(guarded, f"Authorization: {scheme} {keys.ci}"), status)


@pytest.mark.parametrize("query", ["access_token={}", "api_key={}", "exchange={}", "version=1.0&token={}", "Authorization=Bearer%20{}"])
def test_a_credential_in_the_query(guarded, keys, query):
    for lines in [[], [bearer(keys.ci)]]:
        answer = raw(guarded, *lines, path=f"{CALL}?{query.format(keys.ci)}")
        members = problem(answer, 400, "invalid-request", "gateway", "no")
        assert members["detail"].startswith("query: a credential has no place in a URL")
        assert keys.ci not in str(members)


def test_a_credential_in_a_cookie(guarded, keys):
    for lines in [[], [bearer(keys.ci)]]:
        answer = raw(guarded, *lines, f"Cookie: theme=dark; session={keys.ci}")
        assert problem(answer, 400, "invalid-request")["detail"].startswith("Cookie: a credential has no place in a cookie")
    judge(raw(guarded, bearer(keys.ci), "Cookie: theme=dark"), 200)


OPEN = ["/healthz", "/livez", "/readyz"]
CLOSED = [
    "/metrics", "/", "/-/metrics", "/-/healthy", "/-/ready", "/-/info", "/-/openapi.json", "/-/openapi.yaml", "/-/health/demo",
    "/-/operations/" + "0" * 32, "/-/notifications/demo", "/nothing", "/%68ealthz", "/healthz/", "/healthz/x", "/x/healthz",
    "/HEALTHZ", "//healthz", "/./healthz", "/healthz;x", "/-/../healthz", "/readyz%2f", "/demo/healthz",
]  # fmt: skip


def test_the_probes_are_open(guarded, keys):
    for path in OPEN:
        assert guarded.get(path).status == 200
        assert guarded.request("HEAD", path).status == 200
        assert guarded.get(path, {"Authorization": "Bearer x"}).status == 200


@pytest.mark.parametrize("path", CLOSED)
def test_everything_else_is_closed(guarded, path):
    for method in ("GET", "HEAD", "OPTIONS", "DELETE", "POST", "BREW"):
        answer = guarded.request(method, path)
        assert answer.status == 401, method
        assert answer.headers["WWW-Authenticate"]


def test_a_large_body_of_a_stranger_is_not_taken(guarded, keys):
    """The answer comes although the body never does."""
    for line, status in [("X-Nothing: 1", b"401"), (x_api_key(keys.ci), None)]:
        head = f"POST {CALL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n{line}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", guarded.port), 10) as connection:
            connection.sendall(head.encode())
            if status:
                assert connection.recv(65536).split()[1] == status
            else:
                connection.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    connection.recv(1)


def test_100_continue_is_for_those_who_may_come_in(guarded, keys):
    for line, first in [("X-Nothing: 1", b"401"), (x_api_key(keys.ci), b"100")]:
        head = f"POST {CALL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n{line}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", guarded.port), 10) as connection:
            connection.sendall(head.encode())
            assert connection.recv(65536).split()[1] == first


def test_json_rpc(guarded, keys):
    batch = b'[{"jsonrpc": "2.0", "method": "demo/local/echo", "params": {"value": 1}, "id": 1}]'
    problem(guarded.post("/-/jsonrpc", batch), 401, "unauthenticated")
    assert guarded.post("/-/jsonrpc", batch, {"X-Api-Key": keys.ci}).json() == [{"jsonrpc": "2.0", "result": 1, "id": 1}]


def test_operations_and_idempotency_keys_are_ones_own(guarded, keys):
    ci, ops = {"X-Api-Key": keys.ci}, {"X-Api-Key": keys.ops}
    begun = guarded.post(CALL, {"value": 1}, {**ci, "Prefer": "respond-async"})
    path = begun.headers["Location"]
    assert until(lambda: guarded.get(path, ci).status == 200)
    problem(guarded.get(path, ops), 404, "http-404")
    problem(guarded.request("DELETE", path, None, ops), 404, "http-404")
    assert guarded.get(path, ci).body == b"1"

    key = {"Idempotency-Key": '"shared"'}
    for who in (ci, ops):
        assert [guarded.post(CALL, {"value": 1}, {**who, **key}).headers["Idempotency-Replayed"] for _ in range(2)] == [None, "true"]


def test_no_key_is_told_to_anybody(guarded, keys):
    raw(guarded, bearer(keys.ci))
    raw(guarded, bearer(made("told")))
    page = guarded.get("/metrics", {"X-Api-Key": keys.ci}).body.decode()
    digest = hashlib.sha256(keys.ci.encode()).hexdigest()
    used = re.search(r'^auth_key_last_use_timestamp_seconds\{key="(\w+)",principal="ci"\} (\d+)$', page, re.MULTILINE)
    assert used[1] == digest[:8]
    assert int(used[2]) > 1_700_000_000
    assert 'http_server_requests_rejected_total{reason="unauthenticated"}' in page
    info = guarded.get("/-/info", {"X-Api-Key": keys.ci}).body.decode()
    until(lambda: "no such key" in guarded.said())
    with open(f"/proc/{guarded.child.pid}/cmdline") as file:
        command = file.read()
    for text in (page, info, guarded.said(), command, keys.path.read_text()):
        assert keys.ci[4:20] not in text
        assert made("told")[4:20] not in text


@pytest.fixture
def changing(family, tmp_path):
    """A gateway with a keys file of its own, and the file."""
    path = tmp_path / "keys.yaml"
    key, line = new_key("first")
    write(path, line)
    return family.gateway("memory://", auth_keys=path), path, key, line


def status(gateway, key):
    return gateway.post(CALL, {"value": 1}, {"X-Api-Key": key}).status


def test_the_file_is_read_when_it_changes(changing):
    gateway, path, key, line = changing
    another, other = new_key("first")
    assert (status(gateway, key), status(gateway, another)) == (200, 401)
    write(path, line, other)
    until(lambda: status(gateway, another) == 200)
    assert status(gateway, key) == 200
    write(path, other)
    until(lambda: status(gateway, key) == 401)
    assert status(gateway, another) == 200


def test_a_wrong_file_changes_nothing(changing):
    gateway, path, key, line = changing
    write(path, new_key("second")[1], "- {name: x, sha256: 12}")
    said = r"keys and rules refused, the old ones stay.*line 2: sha256: has to be 64 hexadecimal digits"
    until(lambda: re.search(said, gateway.said()))
    assert status(gateway, key) == 200
    path.unlink()
    until(lambda: "does not exist" in gateway.said())
    assert status(gateway, key) == 200
    gateway.signal(signal.SIGHUP)
    until(lambda: "configuration refused, the old one stays" in gateway.said())
    assert status(gateway, key) == 200


def test_sighup_reads_the_file_too(changing):
    gateway, path, key, line = changing
    another, other = new_key("second")
    write(path, other)
    gateway.signal(signal.SIGHUP)
    until(lambda: status(gateway, another) == 200)
    assert status(gateway, key) == 401


def test_what_is_wrong_ends_the_start(tmp_path):
    path = tmp_path / "keys.yaml"
    write(path, "- {name: x}")
    for words in (["serve", "--listen", "127.0.0.1:0"], ["config", "check"]):
        done = run(*words, "--set", f"auth.keys={path}")
        assert done.returncode == 2
        assert f"auth.keys (file {path}): line 1: sha256: is missing" in done.stderr


def test_the_key_is_in_the_form_that_scanners_look_for():
    key, line = new_key("ci", "--role", "a", "--role", "b", "--expires", "2099-12-31")
    assert re.fullmatch(r"rgw_[a-z2-7]{38}", key)
    digest = hashlib.sha256(key.encode()).hexdigest()
    assert line == f'- {{name: "ci", sha256: {digest}, roles: ["a", "b"], expires: 2099-12-31T00:00:00Z}}'
    bits = int.from_bytes(hashlib.sha256(key[:36].encode()).digest()[:4], "big") >> 2
    assert key[36:] == "".join(DIGITS[bits >> shift & 31] for shift in range(25, -1, -5))
    assert len({new_key("ci")[0] for _ in range(5)}) == 5


@pytest.mark.parametrize("words", [["two words"], ["anonymous"], ["x", "--role", ""], ["x", "--expires", "2020-01-01"], []])
def test_other_names_and_times_get_no_key(words):
    done = run("keys", "new", *words)
    assert done.returncode == 2
    assert "rgw_" not in done.stdout + done.stderr.replace("rpc-gateway", "")
