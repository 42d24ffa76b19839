"""Casts and fanouts: 202 only when the broker has the message and somebody will get it."""

import time

import pytest

from harness.gateway import problem, result
from harness.places import RELEASES
from harness.waiting import until


@pytest.fixture(scope="module", params=RELEASES)
def servers(request, module_family, vhost):
    """Three servers of one topic."""
    release = request.param
    topic = f"casts-{release}"
    started = [module_family.oslo_server(vhost.url(), topic, name, release=release) for name in ("a", "b", "c")]
    yield started
    for one in started:
        one.stop()


def marks(server, mark):
    return sum(1 for call in server.calls if call["method"] == "hit" and call["arguments"]["mark"] == mark)


def settle(gateway, servers):
    """Waits until what was sent to them before is run: each is asked on each of its queues."""
    for server in servers:
        for path in (f"{server.topic}/{server.server}", server.topic):
            result(gateway.post(f"/{path}/none"))


def accepted(answer):
    assert answer.status == 202, answer.body
    assert answer.body == b""
    assert answer.headers["X-Request-Id"]


def test_a_cast_to_one_server_runs_there_only(gateway, servers):
    accepted(gateway.post(f"/{servers[1].topic}/b/hit:cast", {"mark": "one"}))
    servers[1].wait_for_call("hit", mark="one")
    assert [marks(server, "one") for server in servers] == [0, 1, 0]


@pytest.mark.parametrize("path", ["hit:cast", "-/hit:cast", "-/hit%3Acast"])
def test_a_cast_to_any_server_runs_once(gateway, servers, path):
    accepted(gateway.post(f"/{servers[0].topic}/{path}", {"mark": path}))
    until(lambda: sum(marks(server, path) for server in servers) == 1, 5)
    settle(gateway, servers)
    assert sum(marks(server, path) for server in servers) == 1


@pytest.mark.parametrize("star", ["*", "%2A", "%2a"])
def test_a_fanout_reaches_every_server(gateway, servers, star):
    accepted(gateway.post(f"/{servers[0].topic}/{star}/hit:cast", {"mark": star}))
    for server in servers:
        server.wait_for_call("hit", mark=star)
    settle(gateway, servers)
    assert [marks(server, star) for server in servers] == [1, 1, 1]


def test_the_side_effect_can_be_asked_for(gateway, servers):
    before = int(result(gateway.post(f"/{servers[2].topic}/c/hits")))
    for _ in range(10):
        accepted(gateway.post(f"/{servers[2].topic}/c/hit:cast"))
    until(lambda: int(result(gateway.post(f"/{servers[2].topic}/c/hits"))) == before + 10, 5)


@pytest.mark.parametrize("path", ["/nobody/m:cast", "/nobody/-/m:cast", "/nobody/x/m:cast", "/nobody/*/m:cast"])
def test_a_cast_to_nothing_is_undeliverable(gateway, path):
    answer = gateway.post(path)
    problem(answer, 503, "undeliverable", "broker", "no", True)
    assert answer.seconds < 1


def test_a_fanout_after_the_last_server_left_is_undeliverable(gateway, family, vhost):
    server = family.oslo_server(vhost.url(), "leaving", "only")
    accepted(gateway.post("/leaving/*/hit:cast"))
    server.stop()
    with vhost.channel() as channel:
        # A server that ends in order leaves none of it; one that was cut off leaves its queue for half an hour.
        channel.exchange_delete("leaving_fanout")
    problem(gateway.post("/leaving/*/hit:cast"), 503, "undeliverable", "broker", "no", True)


def test_a_cast_waits_in_the_queue_of_a_server_that_stopped(gateway, family, vhost):
    first = family.oslo_server(vhost.url(), "returning", "r")
    first.stop()
    accepted(gateway.post("/returning/r/hit:cast", {"mark": "late"}))
    family.oslo_server(vhost.url(), "returning", "r").wait_for_call("hit", mark="late")


def test_a_cast_never_expires_and_a_call_does(gateway, vhost):
    vhost.declare_queue("waiting")
    accepted(gateway.post("/waiting/m:cast", headers={"Rpc-Timeout": "0.1"}))
    # A time-out that would have ended by now, had it been the message's.
    time.sleep(0.3)
    with vhost.channel() as channel:
        method, properties, _ = channel.basic_get("waiting", auto_ack=True)
    assert method is not None and properties.expiration is None


def test_an_exception_in_a_cast_is_nobodys_business(gateway, servers):
    accepted(gateway.post(f"/{servers[0].topic}/a/fail:cast", {"module": "builtins", "name": "ValueError"}))


def test_a_cast_checks_its_arguments_first(gateway, servers):
    problem(gateway.post(f"/{servers[0].topic}/a/hit:cast", b"{"), 400, "invalid-arguments-json", "gateway", "no", False)
    problem(gateway.post(f"/{servers[0].topic}/a/hit:spray"), 400, "invalid-request", "gateway", "no", False)
    problem(gateway.post(f"/{servers[0].topic}/a/_hit:cast"), 403, "private-method", "gateway", "no", False)


def test_every_confirmed_cast_arrives(gateway, servers):
    topic = servers[0].topic
    for n in range(300):
        accepted(gateway.post(f"/{topic}/hit:cast", {"mark": f"n{n}"}))
    everyone = lambda: {c["arguments"]["mark"] for s in servers for c in s.calls if c["method"] == "hit"}  # noqa: E731
    until(lambda: {f"n{n}" for n in range(300)} <= everyone(), 10)
