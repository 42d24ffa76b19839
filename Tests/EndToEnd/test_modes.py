"""Gateways that spare the broker (`rpc.route`, `rpc.confirmCalls`): the same answers as by default."""

import concurrent.futures
import json
import time

import pytest

from harness.gateway import problem, result
from harness.modes import MODES
from harness.waiting import until
from test_broker_loss import Load, check_honesty


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def tap(module_family, broker):
    return module_family.tap(broker.port)


@pytest.fixture(scope="module")
def sparing(mode, module_family, vhost, tap):
    """A gateway in the mode, whose every AMQP method is seen."""
    return module_family.gateway(vhost.url(tap.port), **MODES[mode])


@pytest.fixture
def server(family, vhost, mode):
    return family.oslo_server(vhost.url(), f"sparing-{mode}", "alpha")


def requests(tap, topic):
    """What was published for a topic."""
    return [event for event in tap.named("Basic.Publish") if event.arguments["routing_key"].startswith(topic)]


def test_calls_and_casts_arrive(sparing, server):
    for path in (server.topic, f"{server.topic}/-", f"{server.topic}/alpha"):
        for number in range(20):
            assert result(sparing.post(f"/{path}/echo", {"value": number})) == str(number).encode()
        assert sparing.post(f"/{path}/hit:cast", {"mark": path}).status == 202
        server.wait_for_call("hit", mark=path)
    assert sparing.post(f"/{server.topic}/*/hit:cast", {"mark": "fanout"}).status == 202
    server.wait_for_call("hit", mark="fanout")
    gathered = sparing.post(f"/{server.topic}/*/whoami:gather?min=1", headers={"Rpc-Timeout": "5"})
    assert len(json.loads(result(gathered))) == 1


def test_what_is_published_goes_the_configured_way(sparing, mode, server, tap):
    tap.clear()
    for _ in range(3):
        result(sparing.post(f"/{server.topic}/alpha/none"))
    assert sparing.post(f"/{server.topic}/alpha/none:cast").status == 202
    exchange = "" if MODES[mode].get("rpc_route") == "queue" else "openstack"
    published = requests(tap, server.topic)
    assert [event.arguments["exchange"] for event in published] == [exchange] * 4
    assert {event.arguments["routing_key"] for event in published} == {f"{server.topic}.alpha"}
    assert all(event.arguments["mandatory"] for event in published)


def test_only_calls_go_without_confirms(family, broker, vhost, mode, server):
    tap = family.tap(broker.port)
    gateway = family.gateway(vhost.url(tap.port), **MODES[mode])
    for _ in range(4):
        result(gateway.post(f"/{server.topic}/none"))
    assert gateway.post(f"/{server.topic}/none:cast").status == 202
    assert gateway.post(f"/{server.topic}/*/none:cast").status == 202

    def place(event):
        return event.connection, event.channel

    with_confirms = {place(event) for event in tap.named("Confirm.Select")}
    wanted = {server.topic, f"{server.topic}_fanout"}
    published = [
        event for event in tap.named("Basic.Publish") if wanted & {event.arguments["routing_key"], event.arguments["exchange"]}
    ]
    calls = [place(event) in with_confirms for event in published if b"_reply_q" in event.body]
    casts = [place(event) in with_confirms for event in published if b"_reply_q" not in event.body]
    # The first call proves its size, with a confirm.
    assert calls == [True] + [mode == "queue"] * 3
    assert casts == [True, True]


def test_another_exchange_is_used_as_one(sparing, server, tap):
    tap.clear()
    problem(sparing.post(f"/{server.topic}/none?exchange=other"), 503, "undeliverable", "broker", "no", True)
    assert [event.arguments["exchange"] for event in requests(tap, server.topic)] == ["other"]
    result(sparing.post(f"/{server.topic}/none?exchange=openstack"))


def test_without_a_server_nothing_is_deliverable(sparing, mode, vhost):
    for path in (f"/nobody-{mode}/m", f"/nobody-{mode}/alpha/m", f"/nobody-{mode}/m:cast", f"/nobody-{mode}/*/m:cast"):
        answer = sparing.post(path)
        problem(answer, 503, "undeliverable", "broker", "no", True)
        assert answer.seconds < 5
    vhost.declare_queue(f"lonely-{mode}")
    problem(sparing.post(f"/lonely-{mode}/m"), 503, "no-consumers", "broker", "no", True)


def test_a_server_that_starts_again(sparing, family, vhost, mode):
    topic = f"again-{mode}"
    first = family.oslo_server(vhost.url(), topic, "alpha")
    result(sparing.post(f"/{topic}/alpha/none"))
    first.stop()
    with vhost.channel() as channel:
        for queue in (topic, f"{topic}.alpha"):
            channel.queue_delete(queue)
    # A look at the queue counts for a second.
    until(lambda: sparing.post(f"/{topic}/alpha/none", headers={"Rpc-Timeout": "2"}).status == 503, 5)
    problem(sparing.post(f"/{topic}/alpha/none"), 503, "undeliverable", "broker", "no", True)
    second = family.oslo_server(vhost.url(), topic, "alpha")
    until(lambda: sparing.post(f"/{topic}/alpha/none", headers={"Rpc-Timeout": "2"}).status == 200, 5)
    assert second.running


def test_a_queue_deleted_under_load(sparing, family, vhost, mode):
    """Returns meet the calls they are about: nobody waits for a time-out, and nobody else fails."""
    topic = f"deleted-{mode}"
    server = family.oslo_server(vhost.url(), f"sparing-{mode}", "alpha")
    vhost.declare_queue(topic)
    answers = []
    for number in range(40):
        if number == 20:
            with vhost.channel() as channel:
                channel.queue_delete(topic)
        started = time.monotonic()
        gone = sparing.post(f"/{topic}/hit:cast", {"mark": number})
        answers.append(gone.status)
        if number >= 20:
            problem(gone, 503, "undeliverable", "broker", "no", True)
            problem(sparing.post(f"/{topic}/hit", {"mark": number}), 503, "undeliverable", "broker", "no", True)
        assert result(sparing.post(f"/{server.topic}/echo", {"value": number})) == str(number).encode()
        assert time.monotonic() - started < 5
    assert answers == [202] * 20 + [503] * 20


def test_what_was_sent_before_a_loss_is_in_doubt(family, broker, vhost, mode):
    server = family.oslo_server(vhost.url(), f"lost-{mode}", "alpha", "--threads", "8")
    tap = family.tap(broker.port)
    gateway = family.gateway(vhost.url(tap.port), **MODES[mode])
    for _ in range(5):
        result(gateway.post(f"/{server.topic}/none"))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tap.hold_answers()
        marks = [f"{mode}-{number}" for number in range(8)]
        sent = [pool.submit(gateway.post, f"/{server.topic}/hit", {"mark": mark}, {"Rpc-Timeout": "10"}) for mark in marks]
        for mark in marks:
            server.wait_for_call("hit", mark=mark)
        tap.drop()
        tap.release()
        for one in sent:
            answer = one.result(20)
            # The reply queue outlives its connection, so a reply may still come.
            if answer.status != 200:
                problem(answer, answer.status, answer.code, executed="maybe", retryable=False)
    until(lambda: gateway.post(f"/{server.topic}/none", headers={"Rpc-Timeout": "2"}).status == 200, 10)


def test_the_control_exchange_deleted_under_load(family, vhost, mode, figure):
    topic, exchange = f"passing-{mode}", f"passing-exchange-{mode}"
    server = family.verbatim_server(vhost.amqp_url, topic)
    gateway = family.gateway(vhost.url(), rpc_control_exchange=exchange, rpc_check_consumers="false", **MODES[mode])
    with vhost.channel() as channel:

        def bind():
            channel.exchange_declare(exchange, "topic")
            channel.queue_bind(topic, exchange, topic)

        bind()
        until(lambda: gateway.post(f"/{topic}/echo", {"value": -1}).status == 200, 5)
        load = Load(gateway, f"/{topic}/echo")
        for _ in range(20):
            time.sleep(0.1)
            channel.exchange_delete(exchange)
            time.sleep(0.02)
            bind()
        kept = len(load.answers)
        until(lambda: len(load.answers) >= kept + 20, 10)
    answers = load.stop()
    seen = check_honesty(answers, {call["arguments"]["value"] for call in server.calls})
    figure(f"{seen}")
    assert seen["200"] > 20
    assert all(answer.status == 200 for _, _, answer in answers[-5:])
    if MODES[mode].get("rpc_route") == "queue":
        assert list(seen) == ["200"], "the control exchange plays no part"
