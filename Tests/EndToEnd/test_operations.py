"""Requests that are answered later: `Prefer: respond-async` and `/-/operations/{id}`."""

import collections
import concurrent.futures
import json
import re
import time

import pytest

from harness.gateway import problem
from harness.plain import pika_server
from harness.waiting import until

LATER = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "operations", "alpha")


def begin(gateway, path, arguments=b"{}", **fields):
    """Begins an operation and returns its path."""
    answer = gateway.post(path, arguments, {**LATER, **fields})
    assert (answer.status, answer.body) == (202, b""), (answer.status, answer.body)
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.headers["Rpc-Operation"] == "running"
    assert re.fullmatch(r"/-/operations/[0-9a-f]{32}", answer.headers["Location"])
    return answer.headers["Location"]


def ended(gateway, path, seconds=10):
    answer = gateway.get(path, {"Prefer": f"wait={seconds}"})
    assert answer.headers["Rpc-Operation"] == "done", (answer.status, dict(answer.headers))
    return answer


def test_the_answer_is_the_calls_own(gateway, server):
    path = begin(gateway, "/operations/alpha/echo", b'{"value": {"b": 1.0, "a": "x"}}', **{"X-Request-Id": "req-later"})
    for _ in range(3):
        answer = ended(gateway, path)
        assert (answer.status, answer.body) == (200, b'{"b": 1.0, "a": "x"}')
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Request-Id"] == "req-later"
        assert answer.headers["Rpc-Message-Id"] and answer.headers["Server-Timing"]


def test_while_it_runs(gateway, server):
    path = begin(gateway, "/operations/alpha/sleep", {"seconds": 1})
    answer = gateway.get(path)
    assert (answer.status, answer.body) == (202, b"")
    assert answer.headers["Rpc-Operation"] == "running"
    assert answer.headers["Retry-After"] == "1"
    assert answer.seconds < 0.5
    short = gateway.get(path, {"Prefer": "wait=0.2"})
    assert (short.status, short.headers["Rpc-Operation"]) == (202, "running")
    assert 0.15 < short.seconds < 0.9
    answer = ended(gateway, path)
    assert answer.body == b"1"
    assert answer.seconds < 2
    assert server.wait_for_call("sleep", seconds=1)


def test_several_wait_for_one(gateway, server):
    path = begin(gateway, "/operations/alpha/sleep", {"seconds": 0.5})
    with concurrent.futures.ThreadPoolExecutor(20) as several:
        answers = list(several.map(lambda _: ended(gateway, path), range(20)))
    assert {answer.body for answer in answers} == {b"0.5"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/operations/alpha/nothing", 404, "no-such-method"),
        ("/nobody/alpha/echo", 503, "undeliverable"),
        ("/operations/alpha/add", 400, "invalid-arguments"),
    ],
)
def test_problems_are_answers_too(gateway, server, path, status, code):
    problem(ended(gateway, begin(gateway, path)), status, code)


def test_refusals_come_at_once(gateway, server):
    problem(gateway.post("/operations/alpha/echo", b"[", LATER), 400, "invalid-arguments-json")
    problem(gateway.post("/operations/alpha/_x", b"{}", LATER), 403, "private-method")


def test_everything_that_sends(gateway, server, vhost, module_family):
    module_family.add(pika_server(vhost.amqp_url, "operations_plain", "echo"))
    cast = ended(gateway, begin(gateway, "/operations/alpha/hit:cast", {"mark": "later"}))
    assert cast.status == 202 and cast.headers["Retry-After"] is None
    server.wait_for_call("hit", mark="later")
    gathered = ended(gateway, begin(gateway, "/operations/*/whoami:gather?min=1"))
    assert gathered.json() == [{"result": "alpha"}]
    assert ended(gateway, begin(gateway, "/-/amqp/-/operations_plain", b"\0x")).body == b"\0x"
    body = b'{"jsonrpc": "2.0", "method": "operations/whoami", "id": 1}'
    assert ended(gateway, begin(gateway, "/-/jsonrpc", body)).json()["result"] == "alpha"
    assert ended(gateway, begin(gateway, "/-/notifications/operations/a.b")).status == 202


def test_forgetting(gateway, server):
    path = begin(gateway, "/operations/alpha/echo")
    ended(gateway, path)
    answer = gateway.request("DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    problem(gateway.get(path), 410, "operation-gone", "gateway", "yes", False)
    problem(gateway.request("DELETE", path), 410, "operation-gone")
    running = begin(gateway, "/operations/alpha/sleep", {"seconds": 0.5})
    assert gateway.request("DELETE", running).status == 204
    problem(gateway.get(running, {"Prefer": "wait=1"}), 410, "operation-gone")


@pytest.mark.parametrize("id", ["x", "0" * 32, "7f0e2a4b9c1d4e6f8a0b1c2d3e4f5a6b", "7F0E2A4B9C1D4E6F8A0B1C2D3E4F5A6B"])
def test_unknown(gateway, id):
    for method in ("GET", "DELETE"):
        problem(gateway.request(method, f"/-/operations/{id}"), 404, "http-404")


def test_head_and_other_methods(gateway, server):
    path = begin(gateway, "/operations/alpha/echo", {"value": "x"})
    ended(gateway, path)
    head = gateway.request("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "3")
    answer = gateway.request("POST", path, b"")
    problem(answer, 405, "http-405")
    assert {word.strip() for word in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "DELETE", "OPTIONS"}


def test_it_expires(family, vhost, server):
    gateway = family.gateway(vhost.url(), operations_time_to_live_ms=1000)
    path = begin(gateway, "/operations/alpha/echo")
    assert ended(gateway, path).status == 200
    until(lambda: gateway.get(path).status == 410, 5, 0.1)
    problem(gateway.get(path), 410, "operation-gone")


def test_bounds(family, vhost, server):
    gateway = family.gateway(vhost.url(), operations_max=6, operations_max_bytes=400_000, operations_time_to_live_ms=8000)
    paths = [begin(gateway, "/operations/alpha/echo", {"value": n}) for n in range(2)]
    assert [ended(gateway, path).json() for path in paths] == [0, 1]
    big = begin(gateway, "/operations/alpha/big", {"n": 300_000})
    answer = until(lambda: (a := gateway.get(big)).status != 202 and a)
    problem(answer, 410, "operation-gone", "gateway", "yes")
    paths.append(begin(gateway, "/operations/alpha/sleep", {"seconds": 1}))
    # One address has half of the places: more are refused, and the answers that are kept stay.
    refused = gateway.post("/operations/alpha/echo", b"{}", LATER)
    problem(refused, 503, "overloaded", "gateway", "no", True)
    assert 1 <= int(refused.headers["Retry-After"]) <= 8
    assert [gateway.get(path).status for path in paths] == [200, 200, 202]
    ended(gateway, paths[2])
    until(lambda: gateway.post("/operations/alpha/echo", b"{}", LATER).status == 202, 12)


def test_another_clients_operations_push_none_out(family, vhost, server, figure):
    gateway = family.gateway(vhost.url(), operations_max=1000)

    def victim():
        return gateway.post("/operations/alpha/echo", {"value": "mine"}, LATER, source="127.0.0.2")

    mine = victim().headers["Location"]
    assert ended(gateway, mine).body == b'"mine"'
    statuses = collections.Counter(gateway.post("/operations/alpha/echo", b"{}", LATER).status for _ in range(1001))
    assert statuses == {202: 500, 503: 501}
    assert ended(gateway, mine).body == b'"mine"'
    assert victim().status == 202
    figure(f"1,001 operations of one client: {statuses[503]} refused, the other client's first answer is kept")


def test_a_flood_is_bounded(family, vhost, server):
    """A hundred times as many bytes as are kept; each of them makes room for the next."""
    gateway = family.gateway(vhost.url(), operations_max=2000, operations_max_bytes=1 << 20)
    before = gateway.memory()

    def one(_):
        path = begin(gateway, "/operations/alpha/big", {"n": 100_000})
        return ended(gateway, path, 20).status if path else None

    with concurrent.futures.ThreadPoolExecutor(4) as several:
        assert set(several.map(one, range(500))) == {200}
    assert gateway.memory() - before < 60


def test_a_shutdown_tells_those_who_wait(family, vhost, server):
    gateway = family.gateway(vhost.url())
    path = begin(gateway, "/operations/alpha/sleep", {"seconds": 4})
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        waiting = other.submit(gateway.get, path, {"Prefer": "wait=30"})
        # Two connections: this question's and the one that waits.
        until(lambda: re.search(r"^http_server_connections 2$", gateway.get("/metrics").body.decode(), re.M), 5)
        started = time.monotonic()
        assert gateway.stop() == 0
        answer = waiting.result()
    assert (answer.status, answer.headers["Rpc-Operation"]) == (202, "running")
    assert answer.seconds < 3
    assert time.monotonic() - started < 12


def test_waiting_clients_that_leave(gateway, server):
    path = begin(gateway, "/operations/alpha/sleep", {"seconds": 1})
    for _ in range(20):
        with pytest.raises(TimeoutError):
            gateway.get(path, {"Prefer": "wait=20"}, timeout=0.02)
    assert ended(gateway, path).body == b"1"
    assert json.loads(gateway.get("/-/info").body)["in_flight"] == 0
