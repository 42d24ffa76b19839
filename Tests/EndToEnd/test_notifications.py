"""Notifications over HTTP: sent to real listeners, and streamed from real notifiers."""

import collections
import concurrent.futures
import json
import re
import socket
import time

import pytest

from harness.events import Events, Refused
from harness.gateway import problem
from harness.notifying import Listener, Notifier
from harness.places import RELEASES
from harness.waiting import until

PRIORITIES = ["audit", "debug", "info", "warn", "error", "critical", "sample"]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
POOL = "rpc-gateway_notifications_"


@pytest.fixture(scope="module")
def gateway(module_family, vhost):
    return module_family.gateway(vhost.url(), notifications_pools="true")


@pytest.fixture
def listen(gateway):
    """Opens streams of the module's gateway, or of another one, and closes them."""
    streams = []

    def open_stream(path, of=None, **options):
        streams.append(Events(of or gateway, path, **options))
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()


@pytest.fixture
def topic(request):
    """A topic that no other test has."""
    return re.sub(r"\W", "_", request.node.name.removeprefix("test_"))[:60]


def refusal(answer, status, code=None):
    """The problem document of an answer; of its code only that it has one, unless it is named."""
    return problem(answer, status, code or answer.code)


def send(gateway, topic, event="a.b", payload=b"{}", query="", headers=None):
    answer = gateway.post(f"/-/notifications/{topic}/{event}{query}", payload, headers)
    assert answer.status == 202, (answer.status, answer.body)
    return answer


# From Python to streams


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("driver", ["messaging", "messagingv2"])
def test_python_notifier_reaches_a_stream(family, vhost, listen, topic, release, driver):
    stream = listen(f"/-/notifications/{topic}")
    notifier = family.add(Notifier(vhost.url(), topic, release=release, driver=driver, publisher="compute.host1"))
    payload = {"id": 12345678901234567890, "x": 1.0, "text": "größe \u2028", "none": None, "list": [[], {}]}
    for priority in PRIORITIES:
        notifier.send(priority, f"compute.{priority}", {**payload, "priority": priority}, context={"user_id": "u1"})
    told = stream.wait_for(len(PRIORITIES))
    # Each priority has a queue of its own, but one consumer thread: the order is that of sending.
    assert [one["priority"] for one in told] == PRIORITIES
    for one, event in zip(told, stream.events, strict=True):
        assert one["payload"] == {**payload, "priority": one["priority"]}
        assert one["event_type"] == event.type == f"compute.{one['priority']}"
        assert one["message_id"] == event.id and UUID.fullmatch(event.id)
        assert one["publisher_id"] == "compute.host1"
        assert TIMESTAMP.fullmatch(one["timestamp"])
        assert "auth_token" not in one.get("context", {})
    assert stream.retry == 2000
    assert stream.comments[0] == "listening"


def test_stream_begins_with_its_head_and_takes_nothing_away(family, vhost, gateway, listen, topic):
    send(gateway, topic, payload=b'"before"')
    stream = listen(f"/-/notifications/{topic}")
    send(gateway, topic, payload=b'"after"')
    assert stream.wait_for(1)[0]["payload"] == "after"
    listener = family.add(Listener(vhost.url(), topic))
    assert sorted(one["payload"] for one in listener.wait_for(2)) == ["after", "before"]


def test_payload_keeps_its_bytes(gateway, listen, topic):
    stream = listen(f"/-/notifications/{topic}")
    payloads = [
        b'{"n":123456789012345678901234567890, "x":1.0,"y":1E400,"k":"\\u00fc\\ud83d\\ude00"}',
        '{"ü":"\u2028"}'.encode(), b"null", b'"text"', b"[1,2,\t3]", b"0.10", b"true",
    ]
    for payload in payloads:
        send(gateway, topic, payload=payload)
    stream.wait_for(len(payloads))
    for payload, event in zip(payloads, stream.events, strict=True):
        assert b'"payload":' + payload + b',"timestamp"' in event.data.encode()


def test_line_ends_between_tokens_become_spaces(gateway, listen, topic):
    stream = listen(f"/-/notifications/{topic}")
    send(gateway, topic, payload=b'{\r\n  "a": 1,\n  "b": "\\n"\n}\n')
    stream.wait_for(1)
    assert '"payload":{    "a": 1,   "b": "\\n" },' in stream.events[0].data


def test_large_payload_passes_whole(gateway, listen, topic):
    stream = listen(f"/-/notifications/{topic}")
    payload = json.dumps("x" * (3 << 20)).encode()
    send(gateway, topic, payload=payload)
    assert stream.wait_for(1)[0]["payload"] == "x" * (3 << 20)
    assert not stream.ended.is_set()


def test_what_is_no_json_is_given_as_text(family, vhost, listen, topic):
    stream = listen(f"/-/notifications/{topic}")
    notifier = family.add(Notifier(vhost.url(), topic))
    notifier.send("info", "sample", {"value": float("nan")})
    told = stream.wait_for(1)[0]
    assert told["payload"] is None
    assert told["payload_text"] == '{"value": NaN}'


# From HTTP to Python


@pytest.mark.parametrize("release", RELEASES)
def test_posted_notification_reaches_a_python_listener(family, vhost, gateway, topic, release):
    listener = family.add(Listener(vhost.url(), topic, release=release))
    answers = {
        priority: send(
            gateway,
            topic,
            f"compute.{priority}",
            b'{"id":12345678901234567890,"text":"gr\\u00f6\xc3\x9fe"}',
            f"?priority={priority}",
            {"X-Request-Id": f"req-{priority}", "Rpc-Context": '{"user_id":"u1"}'},
        )
        for priority in PRIORITIES
    }
    for told in listener.wait_for(len(PRIORITIES)):
        answer = answers.pop(told["priority"])
        assert told["message_id"] == answer.headers["Rpc-Message-Id"]
        assert answer.headers["X-Request-Id"] == f"req-{told['priority']}"
        assert told["event_type"] == f"compute.{told['priority']}"
        assert told["publisher_id"] == f"rpc-gateway.{socket.gethostname()}"
        assert told["payload"] == {"id": 12345678901234567890, "text": "größe"}
        assert TIMESTAMP.fullmatch(told["timestamp"])
        assert told["context"]["user_id"] == "u1"
        assert told["context"]["request_id"] == f"req-{told['priority']}"
    assert not answers


def test_notification_waits_for_a_listener_that_comes_later(family, vhost, gateway, topic):
    for number in range(5):
        send(gateway, topic, payload=str(number).encode(), query="?priority=warn&publisher_id=me.here")
    listener = family.add(Listener(vhost.url(), topic, priorities=["warn"]))
    told = listener.wait_for(5)
    # The listener's workers run side by side.
    assert sorted(one["payload"] for one in told) == [0, 1, 2, 3, 4]
    assert {one["publisher_id"] for one in told} == {"me.here"}


def test_python_listener_gives_a_notification_back_and_gets_it_again(family, vhost, gateway, topic):
    listener = family.add(Listener(vhost.url(), topic, flags=["--requeue"]))
    send(gateway, topic)
    first, second = listener.wait_for(2)[:2]
    assert first["requeued"] and not second["requeued"]
    assert first["message_id"] == second["message_id"]


@pytest.mark.parametrize(
    "path, named",
    [
        ("/{topic}/a?priority=urgent", "priority"),
        ("/{topic}/a?priority=info,error", "priority"),
        ("/{topic}/a?priority=", "priority"),
        ("/{topic}/a?exchange=", "exchange"),
        ("/{topic}/a?publisher_id=", "publisher_id"),
        ("/{topic}/a?topic=b", "topic"),
        ("/" + "t" * 250 + "/a", "topic"),
        ("/*/a", "topic"),
        ("/a.%23/a", "topic"),
        ("/{topic}/" + "e" * 256, "event type"),
        ("/{topic}/a%0Ab", "control character"),
    ],
)
def test_bad_notification_is_refused_by_name(gateway, path, named):
    found = refusal(gateway.post("/-/notifications" + path.format(topic="bad"), b"1"), 400)
    assert named in found["detail"]


def test_bad_body_is_refused(gateway):
    assert "byte 1" in refusal(gateway.post("/-/notifications/bad/a", b"{nope"), 400)["detail"]
    assert gateway.post("/-/notifications/bad/a", b"1", {"Content-Type": "text/plain"}).status == 415


# Filters and refusals


@pytest.mark.parametrize(
    "query, wanted",
    [
        ("?priority=error", ["3"]),
        ("?priority=error,warn", ["2", "3"]),
        ("?event_type=compute.*", ["1", "3"]),
        ("?event_type=image.*,*.end", ["2", "3"]),
        ("?event_type=compute.%3F%3F%3F", ["3"]),
        ("?publisher_id=a.*", ["1", "2"]),
        ("?publisher_id=b&event_type=compute.*", ["3"]),
        ("?event_type=nothing", []),
    ],
)
def test_filters_choose(gateway, listen, topic, query, wanted):
    stream = listen(f"/-/notifications/{topic}{query}")
    every = listen(f"/-/notifications/{topic}")
    sent = [("info", "compute.create", "a.1"), ("warn", "image.delete", "a.2"), ("error", "compute.end", "b")]
    for number, (priority, event, publisher) in enumerate(sent, 1):
        send(gateway, topic, event, f'"{number}"'.encode(), f"?priority={priority}&publisher_id={publisher}")
    every.wait_for(3)
    stream.wait_for(len(wanted))
    # One more, which no filter lets through: what came before it is here.
    send(gateway, topic, "last", query="?priority=debug&publisher_id=c")
    every.wait_for(4)
    assert [one["payload"] for one in stream.notifications] == wanted


def test_exchanges_are_apart(gateway, listen, topic):
    ours, other = listen(f"/-/notifications/{topic}"), listen(f"/-/notifications/{topic}?exchange=nova")
    send(gateway, topic, payload=b"1")
    send(gateway, topic, payload=b"2", query="?exchange=nova")
    assert other.wait_for(1)[0]["payload"] == 2
    assert ours.wait_for(1)[0]["payload"] == 1
    assert len(ours.notifications) == len(other.notifications) == 1


@pytest.mark.parametrize(
    "path, named",
    [
        ("/t?priority=info,,error", "priority"),
        ("/t?priority=urgent", "priority"),
        ("/t?event=a", "event"),
        ("/t?event_type=", "event_type"),
        ("/t?exchange=", "exchange"),
        ("/t?pool=", "pool"),
        ("/t?pool=t.info", "pool"),
        ("/t?pool=t", "pool"),
        ("/t?pool=reply_1", "pool"),
        ("/%23", "topic"),
    ],
)
def test_bad_stream_is_refused_by_name(gateway, path, named):
    assert named in refusal(gateway.get("/-/notifications" + path), 400)["detail"]


def test_other_methods_are_refused(gateway):
    head = gateway.request("HEAD", "/-/notifications/t")
    assert (head.status, head.headers["Allow"]) == (405, "GET, OPTIONS")
    # GET would begin a stream: there is no length to tell.
    assert head.headers["Content-Length"] is None
    assert gateway.request("PUT", "/-/notifications/t/e", b"1").headers["Allow"] == "POST, OPTIONS"


# Many, slow and gone listeners


def test_hundred_listeners_share_one_queue(gateway, vhost, listen, topic, figure):
    before = set(vhost.queues())
    streams = [listen(f"/-/notifications/{topic}?priority=info") for _ in range(100)]
    assert len([name for name in set(vhost.queues()) - before if name.startswith(POOL)]) == 1
    started = time.monotonic()
    for number in range(200):
        send(gateway, topic, payload=str(number).encode())
    for stream in streams:
        stream.wait_for(200, 30)
    figure(f"100 listeners, 200 notifications: {time.monotonic() - started:.2f} s, {gateway.memory():.0f} MiB")
    for stream in streams:
        assert [one["payload"] for one in stream.notifications] == list(range(200))
    for stream in streams:
        assert not stream.ended.is_set()


def test_slow_listener_loses_its_stream_and_nothing_else(family, vhost, listen, topic, figure):
    gateway = family.gateway(vhost.url())
    slow = listen(f"/-/notifications/{topic}", of=gateway, paused=True, receive_bytes=4096)
    fast = listen(f"/-/notifications/{topic}", of=gateway)
    notifier = family.add(Notifier(vhost.url(), topic))
    before = gateway.memory()
    most = before
    for batch in range(30):
        # No more at a time than the buffer holds, so that the fast one keeps up on a busy machine too.
        notifier.send("info", "flood", count=100, extra={"batch": batch, "filling": "x" * 4000}, seconds=60)
        fast.wait_for(100 * (batch + 1), 60)
        most = max(most, gateway.memory())
        # It reads as soon as its stream is lost: after half a minute without a byte taken its connection is cut instead.
        if 'reason="slow-listener"' in gateway.get("/metrics").body.decode():
            slow.go_on.set()
    expected = [(batch, number) for batch in range(30) for number in range(1, 101)]
    assert [(one["payload"]["batch"], one["payload"]["number"]) for one in fast.notifications] == expected
    figure(f"12 MB beside a listener that reads nothing until it is lost: memory {before:.0f} to {most:.0f} MiB at the most")
    assert most - before < 60
    assert slow.go_on.is_set(), "the stream was not lost"
    assert slow.ended.wait(10)
    last = slow.events[-1]
    assert last.type == "error" and last.id is None
    assert json.loads(last.data)["code"] == "slow-listener"
    told = slow.notifications
    assert len(told) < 3000
    assert [(one["payload"]["batch"], one["payload"]["number"]) for one in told] == expected[: len(told)]
    assert not slow.cut and not fast.ended.is_set()


def test_topics_that_clients_make_up(family, vhost, topic, figure):
    gateway = family.gateway(vhost.url(), notifications_max_queues=20)
    vhost.declare_queue(f"{topic}.info")
    before = set(vhost.queues())
    answers = [gateway.post(f"/-/notifications/{topic}-{number}/event", b"1") for number in range(300)]
    statuses = collections.Counter(answer.status for answer in answers)
    made = set(vhost.queues()) - before
    figure(f"300 topics: {dict(statuses)}, {len(made)} queues at the broker")
    assert statuses == {202: 20, 503: 280} and len(made) == 20
    refused = problem(answers[-1], 503, "overloaded", executed="no", retryable=True)
    assert "notifications.maxQueues" in refused["detail"]
    # A queue that is there costs nothing, and what was made stays good.
    for known in (topic, f"{topic}-0"):
        assert gateway.post(f"/-/notifications/{known}/event", b"1").status == 202
    assert gateway.said().count("notifications to new topics are refused") == 1
    assert 'rejected_total{reason="overloaded"}' in gateway.get("/metrics").body.decode()


def test_gone_listener_frees_its_place_within_a_second(family, vhost, listen, topic):
    gateway = family.gateway(vhost.url(), notifications_max_listeners=2)
    first, second = (listen(f"/-/notifications/{topic}", of=gateway) for _ in range(2))
    with pytest.raises(Refused) as refused:
        listen(f"/-/notifications/{topic}", of=gateway)
    assert refused.value.status == 503 and refused.value.problem["code"] == "overloaded"
    assert "notifications.maxListeners" in refused.value.problem["detail"]
    first.close()
    gone = time.monotonic()

    def accepted():
        try:
            return listen(f"/-/notifications/{topic}", of=gateway)
        except Refused:
            return None

    third = until(accepted, 5)
    assert time.monotonic() - gone < 1
    send(gateway, topic, payload=b"1")
    for stream in (second, third):
        assert stream.wait_for(1)[0]["payload"] == 1


def test_a_client_with_all_its_streams_leaves_others_theirs(family, vhost, listen, topic):
    gateway = family.gateway(vhost.url(), limits_streams=2)
    first, second = (listen(f"/-/notifications/{topic}", of=gateway) for _ in range(2))
    with pytest.raises(Refused) as refused:
        listen(f"/-/notifications/{topic}", of=gateway)
    assert refused.value.status == 429 and refused.value.problem["code"] == "rate-limited"
    assert "limits.streams" in refused.value.problem["detail"]
    other = listen(f"/-/notifications/{topic}", of=gateway, source="127.0.0.2")
    send(gateway, topic, payload=b"1")
    for stream in (first, second, other):
        assert stream.wait_for(1)[0]["payload"] == 1


def test_queue_outlives_the_last_listener_by_seconds_only(family, vhost, listen, topic):
    gateway = family.gateway(vhost.url())
    before = set(vhost.queues())
    stream = listen(f"/-/notifications/{topic}", of=gateway)
    ours = [name for name in set(vhost.queues()) - before if name.startswith(POOL)]
    assert len(ours) == 1
    stream.close()
    time.sleep(3)
    assert ours[0] in vhost.queues()
    until(lambda: ours[0] not in vhost.queues(), 20, every=0.5)


def test_heartbeats_keep_an_idle_stream_alive(family, vhost, listen, topic):
    gateway = family.gateway(vhost.url(), notifications_heartbeat_ms=1000)
    stream = listen(f"/-/notifications/{topic}", of=gateway)
    until(lambda: stream.comments.count("heartbeat") >= 2, 6)
    assert not stream.events


# Coming back


def test_listener_that_comes_back_gets_what_it_missed(gateway, listen, topic):
    stream = listen(f"/-/notifications/{topic}")
    for number in range(3):
        send(gateway, topic, "even" if number % 2 == 0 else "odd", str(number).encode())
    seen = stream.wait_for(3)[0]["message_id"]
    stream.close()
    for number in range(3, 6):
        send(gateway, topic, "even" if number % 2 == 0 else "odd", str(number).encode())
    again = listen(f"/-/notifications/{topic}", headers={"Last-Event-ID": seen})
    send(gateway, topic, payload=b"6")
    assert [one["payload"] for one in again.wait_for(6)] == [1, 2, 3, 4, 5, 6]
    filtered = listen(f"/-/notifications/{topic}?event_type=even", headers={"Last-Event-ID": seen})
    assert [one["payload"] for one in filtered.wait_for(2)] == [2, 4]
    assert not again.of_type("gap")


def test_listener_is_told_when_something_may_be_missing(gateway, listen, topic):
    stream = listen(f"/-/notifications/{topic}", headers={"Last-Event-ID": "not-known\u00e9"})
    send(gateway, topic, payload=b"1")
    assert stream.wait_for(1)[0]["payload"] == 1
    assert stream.events[0].type == "gap"
    assert stream.of_type("gap")[0]["last_event_id"] == "not-known\u00e9"


# Pools


def test_named_pool_keeps_what_comes_while_nobody_listens(gateway, vhost, listen, topic):
    stream = listen(f"/-/notifications/{topic}?pool={topic}_pool")
    send(gateway, topic, payload=b"1")
    assert stream.wait_for(1)[0]["payload"] == 1
    stream.close()
    until(lambda: vhost.queues()[f"{topic}_pool"] == 0, 10, every=0.3)
    for number in range(2, 7):
        send(gateway, topic, payload=str(number).encode())
    again = listen(f"/-/notifications/{topic}?pool={topic}_pool")
    assert [one["payload"] for one in again.wait_for(5)] == [2, 3, 4, 5, 6]


def test_gateways_share_a_pool_and_each_has_all_without(family, vhost, gateway, listen, topic):
    other = family.gateway(vhost.url(), notifications_pools="true")
    own = [listen(f"/-/notifications/{topic}", of=one) for one in (gateway, other)]
    shared = [listen(f"/-/notifications/{topic}?pool={topic}_pool", of=one) for one in (gateway, other)]
    for number in range(100):
        send(gateway, topic, payload=str(number).encode())
    for stream in own:
        assert [one["payload"] for one in stream.wait_for(100)] == list(range(100))
    until(lambda: sum(len(stream.notifications) for stream in shared) >= 100)
    parts = [[one["payload"] for one in stream.notifications] for stream in shared]
    assert sorted(parts[0] + parts[1]) == list(range(100))
    assert all(len(part) > 10 for part in parts)


def test_pools_are_refused_unless_they_are_switched_on(family, vhost):
    gateway = family.gateway(vhost.url())
    assert refusal(gateway.get("/-/notifications/t?pool=p"), 403, "forbidden")


# The broker and the gateway end


def test_shutdown_ends_streams_with_a_last_event(family, vhost, listen, topic):
    gateway = family.gateway(vhost.url())
    before = set(vhost.queues())
    streams = [listen(f"/-/notifications/{topic}", of=gateway) for _ in range(3)]
    ours = [name for name in set(vhost.queues()) - before if name.startswith(POOL)]
    started = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - started < 5
    for stream in streams:
        assert stream.ended.wait(5) and not stream.cut
        assert stream.of_type("error")[0]["code"] == "draining"
    assert len(ours) == 1 and ours[0] not in vhost.queues()


def test_streams_outlive_a_crash_of_the_broker(family, own_broker, listen, topic, figure):
    host = own_broker.make_virtual_host("notifications")
    gateway = family.gateway(host.url())
    stream = listen(f"/-/notifications/{topic}", of=gateway)
    send(gateway, topic, payload=b"1")
    stream.wait_for(1)
    own_broker.run("kill9")
    until(lambda: [one["state"] for one in stream.of_type("interruption")] == ["begun"], 10)
    found = refusal(gateway.post(f"/-/notifications/{topic}/a", b"2", {"Rpc-Timeout": "2"}), 503, "broker-unavailable")
    assert found["executed"] == "no"
    with pytest.raises(Refused) as refused:
        Events(gateway, f"/-/notifications/{topic}")
    assert refused.value.status == 503 and refused.value.problem["code"] == "broker-unavailable"
    own_broker.run("restart")
    restarted = time.monotonic()
    until(lambda: [one["state"] for one in stream.of_type("interruption")] == ["begun", "over"], 30)
    figure(f"streams go on {time.monotonic() - restarted:.1f} s after the broker is back")
    until(lambda: gateway.post(f"/-/notifications/{topic}/a", b"3").status == 202, 15)
    assert until(lambda: stream.notifications[1:], 10)[0]["payload"] == 3
    assert not stream.ended.is_set()


def test_notifications_and_streams_side_by_side(gateway, listen, topic, figure):
    stream = listen(f"/-/notifications/{topic}")
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: send(gateway, topic, payload=str(number).encode()), range(1000)))
    told = stream.wait_for(1000, 30)
    figure(f"1000 notifications from 16 threads to one stream: {time.monotonic() - started:.2f} s")
    assert sorted(one["payload"] for one in told) == list(range(1000))
