"""Our RPC server in its own right: on the wire, under load, when it is stopped and when things break."""

import bz2
import json
import random
import re
import signal
import time
import zlib

import pytest

from harness import declarations
from harness.interop import ToldClient, interop_server, peer_command
from harness.places import VECTORS
from harness.process import Process
from harness.raw import RawCaller, envelope
from harness.waiting import until

CALLS, THREADS = 20_000, 16


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


@pytest.fixture
def serve(family):
    """Starts our server."""

    def start(url, target, *options, **keywords):
        return family.add(interop_server("swift", url, target, options=options, **keywords))

    return start


@pytest.fixture
def caller(family, vhost):
    return family.add(RawCaller(vhost))


@pytest.fixture
def topic(request):
    """A topic of the test's own."""
    return re.sub(r"\W+", "-", request.node.name)[:80]


# Under load


def test_twenty_thousand_calls_of_a_python_client(family, vhost, serve, topic, figure):
    server = serve(vhost.url(), f"{topic}/alpha")
    client = family.add(ToldClient("18.3.1", vhost.url()))
    client.start("load", topic, "", calls=200, threads=THREADS, timeout=60).result(120)
    memory, spent = server.memory(), server.processor_seconds()
    seen = client.start("load", topic, "", calls=CALLS, threads=THREADS, timeout=60).result(240).result
    spent = server.processor_seconds() - spent
    assert seen["calls"] == CALLS and seen["wrong"] == 0, seen
    figure(
        f"{seen['calls']} calls in {THREADS} threads, none wrong: {CALLS / seen['seconds']:,.0f} calls/s, "
        f"p50 {seen['p50'] * 1000:.1f} ms, p99 {seen['p99'] * 1000:.1f} ms, slowest {seen['slowest'] * 1000:.0f} ms; "
        f"server {spent / CALLS * 1e6:.0f} µs CPU a call, {memory:.0f} MiB before, {server.memory():.0f} MiB after"
    )
    assert server.memory() < memory + 30


def test_a_burst_is_answered_whole(serve, vhost, caller, topic, figure):
    serve(vhost.url(), f"{topic}/alpha")
    began = time.monotonic()
    sent = {caller.call(topic, "echo", {"value": number}): number for number in range(5000)}
    caller.wait(len(sent), 60)
    figure(f"{len(sent)} calls at once, {len(sent) / (time.monotonic() - began):,.0f} calls/s")
    assert {reply.inner["_msg_id"]: reply.inner["result"] for reply in caller.replies} == sent
    assert len(caller.replies) == len(sent)


# The stop


def marks(server, method):
    return [call["arguments"]["mark"] for call in server.calls if call["method"] == method]


@pytest.mark.parametrize("executor", ["tasks", "threads", "immediate"])
def test_a_stop_with_fifty_running_and_five_hundred_waiting(serve, vhost, caller, topic, figure, executor):
    first = serve(vhost.url(), f"{topic}/alpha", "--workers", "50", "--executor", executor)
    sent = {}
    for number in range(550):
        key = topic if number % 2 else f"{topic}.alpha"
        sent[caller.call(key, "sleep", {"seconds": 3, "mark": number})] = number
    until(lambda: len(marks(first, "sleep")) == 50, 10, what="fifty run")
    first.signal(signal.SIGTERM)
    began = time.monotonic()
    first.wait_for_line(lambda line: line == "STOPPED", 5)
    # The second has the same name, so that what waits for that server alone finds it too.
    second = serve(vhost.url(), f"{topic}/alpha", "--workers", "500", "--executor", executor)
    assert first.child.wait(15) == 0
    ended = time.monotonic() - began
    caller.wait(550, 30)
    caller.pause(0.3)
    answered = [reply.inner for reply in caller.replies]
    assert len(answered) == 550 and {message["_msg_id"] for message in answered} == set(sent)
    assert all(message["result"] == 3 and message["failure"] is None for message in answered)
    run = marks(first, "sleep") + marks(second, "sleep")
    assert sorted(run) == list(range(550)), "each runs once"
    assert sorted(marks(first, "slept")) == sorted(marks(first, "sleep")) and len(marks(first, "sleep")) == 50
    assert "NOT DRAINED" not in first.lines
    figure(f"550 calls, 50 finished by the first server ({ended:.1f} s), 500 answered by the second, none lost, none twice")


def test_fanouts_that_wait_are_run_before_the_server_ends(serve, vhost, caller, topic):
    server = serve(vhost.url(), f"{topic}/alpha", "--workers", "1")
    caller.cast(topic, "sleep", {"seconds": 1, "mark": "running"})
    server.wait_for_call("sleep")
    for number in range(20):
        caller.cast("", "hit", {"mark": f"fanout {number}"}, exchange=f"{topic}_fanout")
    caller.cast(topic, "hit", {"mark": "for another server"})
    # Until the broker has handed them over.
    caller.pause(0.3)
    server.signal(signal.SIGTERM)
    assert server.child.wait(10) == 0
    assert sorted(marks(server, "hit")) == sorted(f"fanout {number}" for number in range(20))
    second = serve(vhost.url(), f"{topic}/alpha")
    second.wait_for_call("hit", mark="for another server")


def test_nothing_is_left_of_a_server_that_stopped_but_its_two_queues(serve, vhost, caller, topic):
    server = serve(vhost.url(), f"{topic}/alpha")
    assert caller.ask(topic, "echo").failure is None
    mine = lambda: {name for name in vhost.queues() if name.startswith(topic)}  # noqa: E731
    assert len(mine()) == 3
    assert server.stop() == 0
    assert mine() == {topic, f"{topic}.alpha"}


def test_a_killed_server_loses_what_it_ran_and_nothing_else(family, serve, broker, vhost, caller, topic, figure):
    tap = family.tap(broker.port)
    first = serve(vhost.url(tap.port), f"{topic}/alpha", "--workers", "5")
    sent = {caller.call(topic, "sleep", {"seconds": 0.5, "mark": number}): number for number in range(25)}
    # An acknowledgement leaves the process a moment after its method has begun; a kill between the two would repeat it.
    until(lambda: len(marks(first, "sleep")) == len(tap.named("Basic.Ack")) == 5, 10, what="five run")
    first.signal(signal.SIGKILL)
    first.child.wait(5)
    second = serve(vhost.url(), f"{topic}/alpha", "--workers", "25")
    caller.wait(20, 15)
    caller.pause(1)
    # At most once: what had begun is not begun again, and its callers are told nothing; the rest is served.
    begun, served = marks(first, "sleep"), marks(second, "sleep")
    assert len(begun) == 5 and sorted(begun + served) == list(range(25))
    assert {sent[reply.inner["_msg_id"]] for reply in caller.replies} == set(served)
    figure("killed with 5 running and 20 waiting: 5 unanswered, 20 answered by the second server, none run twice")


# What breaks around it


def test_a_restart_of_the_broker(family, own_broker, figure):
    vhost = own_broker.make_virtual_host("restart")
    server = family.add(interop_server("swift", vhost.url(), "restarted/alpha"))
    client = family.add(ToldClient("swift", vhost.url()))
    assert client.call("restarted", "echo", {"value": 1}).result == 1
    running = client.start("call", "restarted", "sleep", {"seconds": 1, "mark": "across"}, timeout=60)
    server.wait_for_call("sleep", mark="across")
    own_broker.run("restart")
    began = time.monotonic()
    until(lambda: client.call("restarted", "echo", {"value": 2}, timeout=1).error is None, 40, what="it serves again")
    figure(f"served again {time.monotonic() - began:.1f} s after the broker")
    # The method was under way all the time; its caller got the reply through new connections.
    assert running.result(60).result == 1
    assert marks(server, "sleep") == ["across"]
    assert client.fanout("restarted", "hit", {"mark": "after"}).error is None
    server.wait_for_call("hit", mark="after")


def test_connections_that_break_under_a_running_method(family, broker, vhost, topic):
    tap = family.tap(broker.port)
    server = family.add(interop_server("swift", vhost.url(tap.port), f"{topic}/alpha"))
    client = family.add(ToldClient("18.3.1", vhost.url()))
    assert client.call(topic, "echo", {"value": 1}).result == 1
    running = client.start("call", topic, "sleep", {"seconds": 1, "mark": 1}, timeout=20)
    server.wait_for_call("sleep", mark=1)
    tap.drop()
    assert running.result(30).result == 1
    assert client.call(topic, "echo", {"value": 2}).result == 2
    assert marks(server, "sleep") == [1]


@pytest.mark.parametrize("which", ["topic", "server", "fanout"])
def test_a_queue_that_is_deleted_under_the_server(serve, vhost, caller, topic, which):
    server = serve(vhost.url(), f"{topic}/alpha")
    assert caller.ask(topic, "echo", {"value": 1}).inner["result"] == 1
    fanout = next(name for name in vhost.queues() if name.startswith(f"{topic}_fanout_"))
    name = {"topic": topic, "server": f"{topic}.alpha", "fanout": fanout}[which]
    caller.channel.queue_delete(name)
    until(lambda: vhost.queues().get(name) == 1, 10, what="it is there again, with its consumer")
    for key in (topic, f"{topic}.alpha"):
        assert caller.ask(key, "echo", {"value": 2}).inner["result"] == 2
    caller.cast("", "hit", {"mark": "fanout"}, exchange=f"{topic}_fanout")
    server.wait_for_call("hit", mark="fanout")


def test_a_reply_waits_for_its_queue(serve, vhost, caller, topic):
    serve(vhost.url(), f"{topic}/alpha")
    queue = f"reply_missing_{topic}"
    caller.call(topic, "echo", {"value": "patient"}, _reply_q=queue)
    caller.pause(1)
    caller.channel.queue_declare(queue, arguments={"x-expires": 60000})
    got = until(lambda: caller.channel.basic_get(queue, auto_ack=True)[2], 5, what="the reply comes")
    assert json.loads(json.loads(got)["oslo.message"])["result"] == "patient"


def test_a_reply_to_nowhere_is_given_up(family, broker, vhost, caller, topic):
    tap = family.tap(broker.port)
    url = vhost.url(tap.port, "?kombu_missing_consumer_retry_timeout=1")
    server = family.add(interop_server("swift", url, f"{topic}/alpha", options=("--workers", "1")))
    caller.call(topic, "echo", _reply_q="reply_nowhere")
    caller.pause(2.5)
    tries = [event for event in tap.named("Basic.Publish") if event.arguments["routing_key"] == "reply_nowhere"]
    gaps = [later.at - earlier.at for earlier, later in zip(tries, tries[1:])]
    assert 3 <= len(tries) <= 6 and all(0.2 < gap < 0.6 for gap in gaps), gaps
    assert len({json.loads(json.loads(event.body)["oslo.message"])["_unique_id"] for event in tries}) == len(tries)
    assert caller.ask(topic, "echo", {"value": 1}).inner["result"] == 1
    assert server.running


# The start


def test_a_second_start_is_harmless(serve, vhost, caller, topic):
    server = serve(vhost.url(), f"{topic}/alpha", "--start-twice")
    mine = {name: consumers for name, consumers in vhost.queues().items() if name.startswith(topic)}
    assert len(mine) == 3 and set(mine.values()) == {1}
    assert caller.ask(topic, "echo", {"value": 1}).inner["result"] == 1
    assert "started already" in server.said()


@pytest.mark.parametrize("target", ["/alpha", "topic", "topic/"])
def test_a_target_without_topic_or_server(vhost, family, target):
    server = family.add(Process([*peer_command("swift", "server"), vhost.url(), "--target", target]))
    assert server.wait_for_line(lambda line: line.startswith("FAILED"), 10).startswith("FAILED invalid-target")
    assert server.child.wait(5) == 1


# The wire


TOPOLOGIES = sorted(path.stem for path in VECTORS.glob("topology_server_*.json"))


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_declarations_equal_pythons(family, broker, name):
    golden = vector(name)
    label = name.removeprefix("topology_server_")
    target = "probe/alpha" if label == "default" else f"t_{label}/alpha@x_{label}"
    fresh = broker.make_virtual_host("declarations")
    tap = family.tap(broker.port)
    server = interop_server("swift", fresh.url(tap.port, declarations.options_of(golden)), target)
    try:
        consuming = {event.connection for event in tap.named("Basic.Consume") if event.arguments["queue"] != ""}
        listening = next(c for c in consuming if any("alpha" in d for d in declarations.of_tap(tap, c)))
    finally:
        server.stop()
    seen = declarations.of_tap(tap, listening)
    wanted = declarations.of_capture(golden)
    if not any("Queue.Delete" in step for step in wanted):
        # This capture ends before the stop, where the fanout queue is deleted.
        seen = [step for step in seen if "Queue.Delete" not in step]
    assert without_own_bound(seen) == wanted


def without_own_bound(steps):
    """Python fetches without a bound unless it is told one. Ours has a bound, and sets it again as it stops."""
    bound = '{"global": false, "prefetch_count": 1000, "prefetch_size": 0}'
    assert "Basic.Qos" in steps[0] and sum("Basic.Qos" in step for step in steps) == 2
    first = steps[:1] if bound not in steps[0] else []
    return first + [step for step in steps if "Basic.Qos" not in step]


@pytest.fixture
def tapped(family, broker, vhost, topic):
    """(tap, server) with the tap between the server and the broker."""
    tap = family.tap(broker.port)
    return tap, family.add(interop_server("swift", vhost.url(tap.port), f"{topic}/alpha", options=("--tell-all",)))


def published(tap, queue):
    return [event for event in tap.named("Basic.Publish") if event.arguments["routing_key"] == queue]


REPLIES = {
    "call_reply": ("add", {"a": 1, "b": 2}),
    "call_reply_null": ("none", {}),
    "failure_value_error": ("fail", {"kind": "value_error"}),
    "failure_no_such_method": ("nosuch", {}),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_equals_pythons(tapped, caller, topic, name):
    golden = vector(name)
    method, arguments = REPLIES[name]
    reply = caller.ask(topic, method, arguments)
    (event,) = published(tapped[0], caller.reply_queue)
    assert event.arguments["exchange"] == golden["exchange"] == ""
    assert event.arguments["mandatory"] == golden["mandatory"] is True
    properties = dict(event.properties)
    assert properties.pop("headers") == golden["headers"] == {}
    assert properties == golden["properties"]
    outer, inner = json.loads(reply.body), json.loads(golden["inner_utf8"])
    assert list(outer) == ["oslo.version", "oslo.message"] and outer["oslo.version"] == "2.0"
    assert list(reply.inner) == list(inner)
    assert (reply.inner["ending"], reply.inner["result"]) == (inner["ending"], inner["result"])
    assert re.fullmatch("[0-9a-f]{32}", reply.inner["_unique_id"])
    if reply.failure:
        assert list(reply.failure) == list(json.loads(inner["failure"]))
    else:
        # To the byte, blanks and order, but for the identifiers.
        assert re.sub("[0-9a-f]{32}", "ID", reply.body.decode()) == re.sub("[0-9a-f]{32}", "ID", golden["body_utf8"])


def test_a_message_is_acknowledged_before_its_method_ends(tapped, caller, topic):
    tap, server = tapped
    caller.call(topic, "sleep", {"seconds": 1, "mark": 1})
    server.wait_for_call("sleep", mark=1)
    until(lambda: tap.named("Basic.Ack"), 0.5, what="the request is acknowledged while its method runs")
    assert not published(tap, caller.reply_queue)
    caller.wait(1)


def test_a_connection_either_consumes_or_publishes(tapped, caller, topic):
    tap, _ = tapped
    caller.ask(topic, "echo")
    listening = {event.connection for event in tap.named("Basic.Consume")}
    publishing = {event.connection for event in published(tap, caller.reply_queue)}
    assert publishing and not listening & publishing
    assert publishing <= {event.connection for event in tap.named("Confirm.Select")}


def test_an_idle_server_has_one_connection(family, broker, vhost, caller, topic):
    tap = family.tap(broker.port)
    family.add(interop_server("swift", vhost.url(tap.port), f"{topic}/alpha"))
    caller.cast(topic, "hit", {"mark": "1"})
    caller.pause(0.2)
    assert len(tap.named("Connection.Open")) == 1
    for _ in range(5):
        caller.ask(topic, "echo")
    assert len(tap.named("Connection.Open")) == 2


# _timeout, seconds between heartbeats: int(_timeout) / 2, and none below one second.
BEATS = [(2, 1.0), (3, 1.5), (2.9, 1.0), ("2", 1.0), (1, None), (0, None), (None, None), ("soon", None), (-4, None)]


@pytest.fixture(scope="module")
def beats(module_family, vhost):
    """The replies to one long call for each `_timeout`, all run at once."""
    module_family.add(interop_server("swift", vhost.url(), "beats/alpha"))
    caller = module_family.add(RawCaller(vhost))
    began = time.monotonic()
    sent = [caller.call("beats", "sleep", {"seconds": 3.5}, _timeout=timeout) for timeout, _ in BEATS]
    while sum(not reply.is_heartbeat for reply in caller.replies) < len(sent):
        caller.pause(0.1)
        assert time.monotonic() < began + 15
    caller.pause(1.7)
    return began, [[reply for reply in caller.replies if reply.inner["_msg_id"] == one] for one in sent]


@pytest.mark.parametrize("number", range(len(BEATS)), ids=[repr(timeout) for timeout, _ in BEATS])
def test_heartbeats(beats, number):
    began, replies = beats
    interval = BEATS[number][1]
    *heartbeats, last = replies[number]
    assert not last.is_heartbeat and all(beat.is_heartbeat for beat in heartbeats)
    assert last.inner["result"] == 3.5
    count = int(3.5 / interval) if interval else 0
    assert len(heartbeats) == count
    for index, beat in enumerate(heartbeats):
        # Nearer to its own time than to that of another.
        assert abs(beat.at - began - (index + 1) * interval) < interval / 2
    golden = json.loads(vector("reply_heartbeat")["inner_utf8"])
    for beat in heartbeats:
        assert list(beat.inner) == list(golden)
        assert all(beat.inner[key] == golden[key] for key in ("result", "failure", "ending"))


def test_methods_that_block_threads_of_their_own_hold_up_nothing(serve, vhost, caller, topic):
    serve(vhost.url(), f"{topic}/alpha", "--executor", "threads", "--workers", "12")
    blocked = [caller.call(topic, "block", {"seconds": 2.5}, _timeout=2) for _ in range(10)]
    began = time.monotonic()
    assert caller.ask(topic, "echo", {"value": 1}).inner["result"] == 1
    assert time.monotonic() - began < 1
    caller.wait(1 + 10 * 3, 10)
    for one in blocked:
        beats = [reply.is_heartbeat for reply in caller.replies if reply.inner["_msg_id"] == one]
        assert beats == [True, True, False]


def test_a_stop_cancels_the_consumers_first(family, broker, vhost, topic):
    tap = family.tap(broker.port)
    server = interop_server("swift", vhost.url(tap.port), f"{topic}/alpha")
    tags = {event.arguments["consumer_tag"] for event in tap.named("Basic.Consume") if topic in event.arguments["queue"]}
    assert server.stop() == 0
    ended = tap.named("Basic.Cancel", "Queue.Delete", "Connection.Close")
    listening = next(event.connection for event in ended if event.name == "Queue.Delete")
    steps = [event for event in ended if event.connection == listening]
    assert {event.arguments["consumer_tag"] for event in steps[:3] if event.name == "Basic.Cancel"} == tags
    assert [event.name for event in steps[3:]] == ["Queue.Delete", "Connection.Close"]
    assert steps[3].arguments["queue"].startswith(f"{topic}_fanout_")


def test_a_repeated_message_is_dropped_within_sixteen(tapped, caller, topic):
    _, server = tapped
    identifier = "d" * 32
    echoes = lambda: [call for call in server.calls if call["arguments"].get("value") == "again"]  # noqa: E731

    def others(count):
        for _ in range(count):
            caller.ask(topic, "echo", {"value": "other"})

    def again():
        caller.call(topic, "echo", {"value": "again"}, _unique_id=identifier)
        caller.pause(0.3)
        return len(echoes())

    assert again() == 1
    others(15)
    assert again() == 1
    others(1)
    assert again() == 2


@pytest.fixture(scope="module")
def matrix_server(request, module_family, broker, vhost):
    """(tap, listening connection, server, caller) of a language, for messages of every odd form."""
    tap = module_family.tap(broker.port)
    language = request.param
    server = interop_server(language, vhost.url(tap.port), f"odd-{language}/alpha", options=("--tell-all",))
    listening = next(e.connection for e in tap.named("Basic.Consume") if server.topic in e.arguments["queue"])
    caller = RawCaller(vhost)
    yield tap, listening, server, caller
    server.stop()
    # Another caller consumes the queues that compressed messages name.
    caller.stop()


ODD = vector("server_input_matrix")


@pytest.mark.parametrize("matrix_server", ["swift", "18.3.1"], indirect=True)
@pytest.mark.parametrize("row", ODD, ids=[row["case"].replace(" ", "-") for row in ODD])
def test_odd_input(matrix_server, row):
    tap, listening, server, caller = matrix_server
    body = bytes.fromhex(row["body_hex"]) if "body_hex" in row else row["body_utf8"].encode()
    tap.clear()
    ran, before = len(server.calls), len(caller.replies)
    # The captured message names the reply queue of its capture.
    queue = re.search(rb"reply_[0-9a-f]{32}", body)
    if queue and "body_hex" not in row:
        body = body.replace(queue[0], caller.reply_queue.encode())
    elif "body_hex" in row:
        redirect(caller, row, body)
    properties = {"content_type": None, "content_encoding": None, "delivery_mode": None, **row["properties"]}
    caller.publish(server.topic, body, headers=row["headers"] or None, **properties)
    settled = until(lambda: [e for e in tap.named("Basic.Ack", "Basic.Reject") if e.connection == listening], 5)
    wanted = row["outcome"]
    if wanted["replies"]:
        caller.wait(before + len(wanted["replies"]), 5)
    caller.pause(0.05 if wanted["replies"] else 0.15)
    assert [event.name.split(".")[1].lower() for event in settled] == wanted["settled"]
    assert all(not event.arguments.get("requeue") for event in settled)
    assert [call["method"] for call in server.calls[ran:]] == wanted["executed"]
    assert [outcome_of(reply) for reply in caller.replies[before:]] == [renamed(reply) for reply in wanted["replies"]]


def redirect(caller, row, body):
    """Consumes the queue that a compressed message names."""
    decompress = {"application/x-gzip": lambda data: zlib.decompress(data, 47), "gzip": zlib.decompress}
    text = decompress.get(row["headers"]["compression"], bz2.decompress)(body)
    queue = re.search(rb"reply_[0-9a-f]{32}", text)[0].decode()
    caller.channel.queue_declare(queue, arguments={"x-expires": 60000})
    caller.channel.basic_consume(queue, caller._take, auto_ack=True)


def outcome_of(reply):
    if reply.failure:
        return {"failure": f"{reply.failure['module']}.{reply.failure['class']}", "message": reply.failure["message"]}
    return {"result": reply.inner["result"]}


def renamed(wanted):
    """The capture's endpoint has another name."""
    return {key: value.replace("MainEndpoint.", "Main.") if key == "message" else value for key, value in wanted.items()}


# Access policies


POLICIES = {
    "default": {"echo": None, "exposed": "exposed", "_private": "NoSuchMethod", "oslo_rpc_server_ping": "pong"},
    "legacy": {"echo": None, "exposed": "exposed", "_private": "private", "oslo_rpc_server_ping": "pong"},
    "explicit": {
        "echo": "NoSuchMethod",
        "exposed": "exposed",
        "_private": "NoSuchMethod",
        "oslo_rpc_server_ping": "NoSuchMethod",
    },
}


@pytest.mark.parametrize("language", ["swift", "18.3.1"])
@pytest.mark.parametrize("policy", POLICIES)
def test_an_access_policy(family, vhost, caller, topic, policy, language):
    family.add(interop_server(language, vhost.url(), f"{topic}/alpha", options=("--policy", policy)))
    seen = {method: caller.ask(topic, method) for method in POLICIES[policy]}
    assert {m: r.failure["class"] if r.failure else r.inner["result"] for m, r in seen.items()} == POLICIES[policy]


def test_a_server_that_does_not_answer_pings(serve, vhost, caller, topic):
    serve(vhost.url(), f"{topic}/alpha", "--no-ping")
    assert caller.ask(topic, "oslo_rpc_server_ping").failure["class"] == "NoSuchMethod"


# Options


def test_compressed_messages(family, vhost, topic):
    url = vhost.url(query="?kombu_compression=gzip")
    family.add(interop_server("swift", url, f"{topic}/alpha"))
    for language in ("18.3.1", "swift"):
        client = family.add(ToldClient(language, url))
        assert client.call(topic, "echo", {"value": "x" * 10000}).result == "x" * 10000
        assert client.call(topic, "fail", {"kind": "keywords"}).raised == "interop_failures.Keywords"


def test_one_worker_runs_one_method_at_a_time(serve, vhost, caller, topic):
    server = serve(vhost.url(), f"{topic}/alpha", "--workers", "1")
    for number in range(4):
        caller.call(topic, "sleep", {"seconds": 0.1, "mark": number})
    caller.wait(4)
    order = [(call["method"], call["arguments"]["mark"]) for call in server.calls]
    assert order == [(method, number) for number in range(4) for method in ("sleep", "slept")]


def test_messages_that_are_no_requests_do_not_hurt_the_next(serve, vhost, caller, topic):
    server = serve(vhost.url(), f"{topic}/alpha")
    bodies = [b"", b"\xff\xfe", b"{" * 100_000, b"[" * 100_000 + b"]" * 100_000, random.Random(5000).randbytes(5000), envelope([1]), b"null"]
    for body in bodies * 5:
        caller.publish(topic, body)
    assert caller.ask(topic, "echo", {"value": 1}).inner["result"] == 1
    assert server.running


def test_servers_of_two_topics_in_one_process(family, vhost, caller, topic):
    family.add(interop_server("swift", vhost.url(), f"{topic}-a/alpha", f"{topic}-b/alpha"))
    assert caller.ask(f"{topic}-a", "whoami").inner["result"] == f"{topic}-a/alpha"
    assert caller.ask(f"{topic}-b.alpha", "whoami").inner["result"] == f"{topic}-b/alpha"
