"""Limits of each client, by real HTTP: rate, requests under way, and what a client beside notices of another."""

import concurrent.futures
import contextlib
import re
import signal
import subprocess
import time

import pytest

from harness import http, places
from harness.events import Events
from harness.gateway import problem, result
from harness.process import inherited
from harness.waiting import until

CALL = "/demo/local/echo"
ENTRY = '{"jsonrpc": "2.0", "method": "demo/local/echo", "params": {"value": 1}, "id": 1}'


def key(name):
    command = [places.executable(), "keys", "new", name]
    done = subprocess.run(command, capture_output=True, text=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The file, and the key of each name."""
    made = {name: key(name) for name in ("flood", "victim", "third")}
    path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    path.write_text("".join(line + "\n" for _, line in made.values()))
    return path, {name: {"X-Api-Key": first} for name, (first, _) in made.items()}


def call(gateway, headers=None, source=None):
    return gateway.post(CALL, {"value": 1}, headers, source=source)


def admitted(answers):
    assert {answer.status for answer in answers} <= {200, 429}
    return sum(answer.status == 200 for answer in answers)


def test_the_rate(family):
    gateway = family.gateway("memory://", limits_rate=1, limits_burst=5)
    started = time.monotonic()
    answers = [call(gateway) for _ in range(12)]
    earned = time.monotonic() - started
    assert 5 <= admitted(answers) <= 5 + earned + 1
    assert [answer.status for answer in answers[:5]] == [200] * 5
    for left, answer in zip(range(4, -1, -1), answers[:5]):
        told = re.fullmatch(r'"requests";r=(\d);t=(\d)', answer.headers["RateLimit"])
        assert left <= int(told[1]) <= left + earned + 1
        assert answer.headers["RateLimit-Policy"] == '"requests";q=5;w=5'
    refused = next(answer for answer in answers if answer.status == 429)
    members = problem(refused, 429, "rate-limited", "gateway", "no", True)
    assert "limits.rate" in members["detail"]
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit"] == '"requests";r=0;t=1'
    # Who heeds the field gets through.
    waited = time.monotonic() + int(refused.headers["Retry-After"])
    until(lambda: time.monotonic() >= waited)
    assert call(gateway).status == 200
    for path in ("/healthz", "/livez", "/readyz"):
        assert {gateway.get(path).status for _ in range(20)} == {200}
    page = gateway.request("GET", "/metrics", source="127.0.0.2").body.decode()
    assert 'http_server_requests_rejected_total{reason="rate-limited"}' in page


def test_without_limits_nothing_is_told(family):
    gateway = family.gateway("memory://")
    answer = call(gateway)
    assert answer.headers["RateLimit"] is None and answer.headers["RateLimit-Policy"] is None


def test_each_address_has_its_own(family):
    gateway = family.gateway("memory://", limits_rate=1, limits_burst=3)
    gateway.wait_until_ready()
    for address in ("127.0.0.2", "127.0.0.3"):
        assert [call(gateway, source=address).status for _ in range(3)] == [200] * 3
        assert call(gateway, source=address).status == 429


def test_a_victim_beside_a_flood(family, keys):
    path, who = keys
    gateway = family.gateway("memory://", auth_keys=path, limits_rate=20, limits_burst=20, limits_in_flight=10)

    def flood():
        end = time.monotonic() + 2
        answers = []
        while time.monotonic() < end:
            answers.append(call(gateway, who["flood"]))
        return answers

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        floods = [pool.submit(flood) for _ in range(7)]
        steady = []
        for _ in range(10):
            steady.append(call(gateway, who["victim"]))
        flooded = [answer for each in floods for answer in each.result()]
    assert [answer.status for answer in steady] == [200] * 10
    # Two seconds and what the machine takes to end them.
    assert 20 <= admitted(flooded) <= 20 + 20 * 4
    assert sum(answer.status == 429 for answer in flooded) > 20


def test_strangers_are_slowed_down(family, keys):
    path, who = keys
    gateway = family.gateway("memory://", auth_keys=path, limits_rate=1, limits_burst=5)
    statuses = [call(gateway, {"X-Api-Key": "rgw_guess"}).status for _ in range(10)]
    assert statuses[:5] == [401] * 5 and 429 in statuses[5:]
    assert call(gateway, who["victim"]).status == 200


def test_several_loops_count_together(family):
    gateway = family.gateway("memory://", http_loops=4, limits_rate=1, limits_burst=60)
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: call(gateway), range(300)))
    assert 60 <= admitted(answers) <= 60 + time.monotonic() - started + 1


def test_requests_under_way(family, keys):
    path, who = keys
    gateway = family.gateway("memory://", auth_keys=path, limits_in_flight=2)

    def sleeps():
        """Whether it got a place, one of which the question below may have just now."""
        return gateway.post("/demo/local/sleep", {"seconds": 2}, who["flood"]).status == 200

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sleeping = [pool.submit(until, sleeps) for _ in range(2)]
        refused = until(lambda: (answer := call(gateway, who["flood"])).status == 429 and answer)
        assert "limits.inFlight" in problem(refused, 429, "rate-limited", "gateway", "no", True)["detail"]
        assert refused.headers["RateLimit"] == '"in-flight";r=0'
        assert refused.headers["RateLimit-Policy"] == '"in-flight";q=2;qu="concurrent-requests"'
        assert call(gateway, who["victim"]).status == 200
        assert all(each.result() for each in sleeping)
    # Each answer leaves room for the next request at once.
    assert {call(gateway, who["flood"]).status for _ in range(50)} == {200}


def test_a_client_that_goes_leaves_its_place(family):
    gateway = family.gateway("memory://", limits_in_flight=1)
    body = b'{"seconds": 30}'
    head = f"POST /demo/local/sleep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    answers, _ = http.exchange(gateway.port, head.encode() + body, timeout=0.5)
    assert answers == []
    until(lambda: call(gateway).status == 200)


def test_a_batch_counts_by_entries(family):
    gateway = family.gateway("memory://", limits_rate=1, limits_burst=4, wait_until_ready=False)
    until(lambda: gateway.get("/readyz").status == 200)
    answer = gateway.post("/-/jsonrpc", f"[{', '.join([ENTRY] * 30)}]".encode())
    entries = answer.json()
    codes = [entry["error"]["code"] for entry in entries if "error" in entry]
    assert set(codes) == {-32021} and 20 <= len(codes) <= 26
    assert entries[0]["result"] == 1


def test_limits_come_with_a_reload(family, tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text("limits: {rate: 0}\n")
    gateway = family.gateway("memory://", "--config", path)
    assert {call(gateway).status for _ in range(20)} == {200}
    path.write_text("limits: {rate: 1}\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: call(gateway).status == 429)
    path.write_text("limits: {burst: 5}\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: "limits.burst" in gateway.said())
    path.write_text("{}\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: [call(gateway).status for _ in range(5)] == [200] * 5)
    assert result(call(gateway)) == b"1"


def test_limits_of_a_principals_own(family, tmp_path, keys):
    lines = keys[0].read_text().splitlines()
    limits = 'limits: ["rate:1", "burst:5", "streams:1", "body:50", "timeout:2"], sha256:'
    path = tmp_path / "keys.yaml"
    path.write_text("\n".join(line.replace("sha256:", limits) if "flood" in line else line for line in lines) + "\n")
    gateway = family.gateway("memory://", auth_keys=path, http_loops=4)
    flood, victim = keys[1]["flood"], keys[1]["victim"]
    started = time.monotonic()
    first = call(gateway, {**flood, "Rpc-Timeout": "60"})
    assert first.headers["Rpc-Timeout"] == "2" and first.headers["RateLimit-Policy"] == '"requests";q=5;w=5'
    problem(gateway.post(CALL, {"value": "x" * 50}, flood), 413, "http-413")
    with contextlib.closing(Events(gateway, "/-/notifications/t", headers=flood)):
        problem(gateway.get("/-/notifications/t", flood), 429, "rate-limited")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call(gateway, flood), range(60)))
    assert admitted(answers) <= 2 + time.monotonic() - started
    for _ in range(20):
        assert result(gateway.post(CALL, {"value": "x" * 50}, victim))
    assert call(gateway, {**victim, "Rpc-Timeout": "60"}).headers["Rpc-Timeout"] == "60"
