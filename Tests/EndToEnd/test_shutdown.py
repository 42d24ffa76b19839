"""How the gateway ends, and how it takes over a new configuration."""

import concurrent.futures
import functools
import http.client
import signal
import socket
import time

import pytest

from harness import http as raw
from harness.callers import Caller
from harness.gateway import problem, result
from harness.places import refusing_port
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "shutdown", "alpha")


def begin_to_end(gateway):
    gateway.signal(signal.SIGTERM)
    until(lambda: any("shutting down" in line for line in gateway.errors), 5)


def ended(gateway, seconds=10):
    gateway.child.wait(seconds)
    return gateway.child.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_ends_at_once(family, vhost, number):
    gateway = family.gateway(vhost.url())
    started = time.monotonic()
    gateway.signal(number)
    assert ended(gateway) == 0
    assert time.monotonic() - started < 3


def test_calls_in_flight_finish(family, vhost, server):
    gateway = family.gateway(vhost.url())
    kept = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    kept.request("GET", "/readyz")
    assert kept.getresponse().read() is not None
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        slow = [pool.submit(gateway.post, "/shutdown/sleep", {"seconds": 2}) for _ in range(5)]
        until(lambda: gateway.get("/-/info").json()["in_flight"] == 5, 5)
        begin_to_end(gateway)
        kept.request("POST", "/shutdown/none", b"{}", {"Content-Type": "application/json"})
        response = kept.getresponse()
        answer = raw.Answer(response.status, response.headers, response.read())
        problem(answer, 503, "draining", "gateway", "no", True)
        assert answer.headers["Connection"] == "close"
        assert [result(one.result()) for one in slow] == [b"2"] * 5
    assert ended(gateway) == 0


@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "new"])
def test_no_request_is_lost(family, vhost, server, keeps, figure):
    """Every request whose connection the kernel took is answered, and every answer since the signal closes."""
    totals = []
    for _ in range(6):
        gateway = family.gateway(vhost.url())
        connection = functools.partial(http.client.HTTPConnection, "127.0.0.1", gateway.port, timeout=10)
        callers = [Caller(connection, "/shutdown/none", b"{}", keeps) for _ in range(8)]
        until(lambda: sum(len(caller.answers) for caller in callers) > 100)
        gateway.signal(signal.SIGTERM)
        assert ended(gateway) == 0
        for caller in callers:
            caller.thread.join(20)
        until(lambda: "shutting down" in gateway.said())
        assert [caller.lost for caller in callers] == [[]] * 8
        answers = [answer for caller in callers for answer in caller.answers]
        assert {status for _, status, _ in answers} <= {200, 503}
        # The last on each connection said so.
        refused = [answer for answer in answers if answer[1] == 503]
        assert all(connection == "close" for _, _, connection in refused)
        if keeps:
            assert all(caller.answers[-1][2] == "close" for caller in callers)
        totals.append(len(answers))
    figure(f"{sum(totals)} requests in {len(totals)} runs, none lost")


def test_a_call_that_ends_after_the_signal_closes(family, vhost, server):
    gateway = family.gateway(vhost.url())
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gateway.post, "/shutdown/sleep", {"seconds": 1})
        until(lambda: gateway.get("/-/info").json()["in_flight"] == 1, 5)
        gateway.signal(signal.SIGTERM)
        answer = slow.result()
        assert result(answer) == b"1"
        assert answer.headers["Connection"] == "close"
    assert ended(gateway) == 0


def test_ready_fails_while_it_drains(family, vhost, server):
    gateway = family.gateway(vhost.url())
    kept = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    kept.request("GET", "/readyz")
    assert kept.getresponse().read() is not None
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gateway.post, "/shutdown/sleep", {"seconds": 2})
        until(lambda: gateway.get("/-/info").json()["in_flight"] == 1, 5)
        begin_to_end(gateway)
        kept.request("GET", "/readyz")
        assert kept.getresponse().status == 503
        assert result(slow.result()) == b"2"
    assert ended(gateway) == 0


def test_the_wait_is_bounded(family, vhost, server):
    gateway = family.gateway(vhost.url(), shutdown_grace_ms=500)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gateway.post, "/shutdown/sleep", {"seconds": 8})
        until(lambda: gateway.get("/-/info").json()["in_flight"] == 1, 5)
        started = time.monotonic()
        gateway.signal(signal.SIGTERM)
        answer = slow.result()
        assert answer.status in (503, 504)
        problem(answer, answer.status, answer.code, executed="maybe", retryable=False)
        assert ended(gateway) == 0
        assert time.monotonic() - started < 4


def test_the_reply_queue_is_deleted(family, vhost, server):
    before = set(vhost.reply_queues())
    gateway = family.gateway(vhost.url())
    result(gateway.post("/shutdown/none"))
    assert set(vhost.reply_queues()) - before
    gateway.signal(signal.SIGTERM)
    assert ended(gateway) == 0
    assert set(vhost.reply_queues()) <= before


def test_confirmed_casts_are_not_lost(family, vhost, server):
    gateway = family.gateway(vhost.url())
    accepted = []

    def cast(n):
        try:
            if gateway.post("/shutdown/hit:cast", {"mark": f"last{n}"}).status == 202:
                accepted.append(f"last{n}")
        except OSError:
            pass

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        casts = [pool.submit(cast, n) for n in range(200)]
        until(lambda: accepted, 5, 0.001)
        gateway.signal(signal.SIGTERM)
        for one in casts:
            one.result()
    assert ended(gateway) == 0
    assert accepted
    seen = lambda: {c["arguments"]["mark"] for c in server.calls if c["method"] == "hit"}  # noqa: E731
    until(lambda: set(accepted) <= seen(), 5)


def test_it_ends_without_a_broker(family):
    with refusing_port() as port:
        gateway = family.gateway(f"rabbit://guest:guest@127.0.0.1:{port}/", wait_until_ready=False)
        gateway.signal(signal.SIGTERM)
        assert ended(gateway) == 0


def test_idle_connections_do_not_hold_it(family, vhost):
    gateway = family.gateway(vhost.url())
    idle = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(20)]
    idle[0].sendall(b"POST /shutdown/none HTTP/1.1\r\n")
    started = time.monotonic()
    gateway.signal(signal.SIGTERM)
    assert ended(gateway) == 0
    assert time.monotonic() - started < 5
    for one in idle:
        one.close()


def test_sighup_takes_over_a_good_configuration(family, vhost, server, tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("rpc:\n  responseTimeoutMs: 5000\n")
    gateway = family.gateway(vhost.url(), "--config", file)

    def applied():
        return float(gateway.post("/shutdown/none").headers["Rpc-Timeout"])

    assert applied() == 5
    file.write_text("rpc:\n  responseTimeoutMs: 7000\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: applied() == 7, 5)
    assert gateway.running


def test_sighup_refuses_a_bad_configuration_whole(family, vhost, server, tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("rpc:\n  responseTimeoutMs: 5000\n")
    gateway = family.gateway(vhost.url(), "--config", file)
    file.write_text("rpc:\n  responseTimeoutMs: 7000\n  maxInFlight: plenty\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: any("maxInFlight" in line for line in gateway.errors), 5)
    assert float(gateway.post("/shutdown/none").headers["Rpc-Timeout"]) == 5
    assert gateway.running
