"""Every kind of notifier against every kind of listener, in both formats: what arrives must not depend on who is who.

Each notification goes to the topics of all listeners at once; each cell looks at what its listener got of it.
"""

import concurrent.futures
import json
import re
import subprocess
import threading

import pytest

from harness.interop import spelled, swift_peer
from harness.places import PEERS, VECTORS, python
from harness.process import Process
from harness.waiting import until

LANGUAGES = ("swift", "18.3.1", "14.0.3")
FORMATS = ("messaging", "messagingv2")
PRIORITIES = ("audit", "debug", "info", "warn", "error", "critical", "sample")
SCRIPTS = {"notify": "oslo_notifier.py", "listen": "oslo_notification_listener.py"}


def command(language, mode, url):
    if language == "swift":
        return [swift_peer(), mode, url]
    return [python(language), PEERS / SCRIPTS[mode], "--url", url]


def words(name, values):
    return [word for value in values for word in (name, value)]


class Listener(Process):
    """What a listener process got, by event type."""

    def __init__(self, language, url, topics, *options):
        self.news = threading.Condition()
        self.seen = []
        super().__init__([*command(language, "listen", url), *words("--topic", topics), *options])
        with self.ended_on_failure():
            self.wait_for_line(lambda line: line == "READY", 30)

    def _take(self, line):
        if line.startswith("{"):
            with self.news:
                self.seen.append(json.loads(line))
                self.news.notify_all()
        else:
            super()._take(line)

    def of(self, event, count=1, seconds=10):
        """The notifications of an event type, once there are so many."""
        found = lambda: [one for one in list(self.seen) if one["event_type"] == event]  # noqa: E731
        with self.news:
            self.news.wait_for(lambda: len(found()) >= count, seconds)
        assert len(found()) >= count, f"{len(found())} of {count} notifications {event}:\n{self.said()}"
        return found()


class Notifier(Process):
    """Sends what it is told."""

    def __init__(self, language, url, topics, driver, *options):
        start = [*command(language, "notify", url), *words("--topic", topics), "--driver", driver, *options]
        super().__init__(start, stdin=subprocess.PIPE)
        self.sent = 0
        with self.ended_on_failure():
            self.wait_for_line(lambda line: line == "READY", 30)

    def send(self, event, payload=None, priority="info", seconds=30, **members):
        self.child.stdin.write(json.dumps({"priority": priority, "event": event, "payload": payload, **members}) + "\n")
        self.child.stdin.flush()
        self.sent += 1
        until(lambda: sum(line.startswith("{") for line in list(self.lines)) >= self.sent, seconds, what="it is sent")

    def stop(self, seconds=15):
        self.child.stdin.close()
        try:
            self.child.wait(3)
        except subprocess.TimeoutExpired:
            pass
        return super().stop(seconds)


class Matrix:
    def __init__(self, url):
        self.pool = concurrent.futures.ThreadPoolExecutor(16)
        topics = [f"noted-{language}" for language in LANGUAGES]
        self.listeners = {
            language: self.pool.submit(Listener, language, url, [f"noted-{language}"]) for language in LANGUAGES
        }
        self.notifiers = {
            (language, form): self.pool.submit(Notifier, language, url, topics, form)
            for language in LANGUAGES
            for form in FORMATS
        }
        # Pools get what the topics' own listeners get, too; these put everything back once.
        self.putting_back = {
            language: self.pool.submit(
                Listener, language, url, topics[:1], "--pool", f"again-{language}", "--priority", "critical", "--requeue"
            )
            for language in LANGUAGES
        }
        self.sent = set()

    def notified(self, sender, form, receiver, name, expected=1, **members):
        """What the listener got of a notification, which is sent once for all listeners."""
        listener = self.listeners[receiver].result(60)
        event = f"{name}.{sender}.{form}"
        if event not in self.sent:
            self.sent.add(event)
            self.notifiers[sender, form].result(60).send(event, **members)
        return listener.of(event, expected)

    def stop(self):
        members = [*self.notifiers.values(), *self.listeners.values(), *self.putting_back.values()]
        started = [one for one in members if one.exception() is None]
        list(self.pool.map(lambda one: one.result().stop(), started))
        self.pool.shutdown()


@pytest.fixture(scope="module")
def matrix(vhost):
    matrix = Matrix(vhost.url())
    yield matrix
    matrix.stop()


def named(role, names):
    return pytest.mark.parametrize(role, names, ids=[f"{role}-{name}" for name in names])


each_pair = [named("listener", LANGUAGES), named("form", FORMATS), named("notifier", LANGUAGES)]


def cells(function):
    for mark in each_pair:
        function = mark(function)
    return function


TEXT = "größe ☃ \U0001f600 \u0000 \" \\ / \u2028"
PAYLOADS = {
    "object": {"b": 1, "a": {"": [1, -2.5, None, True]}, "big": 2**70},
    "text": TEXT,
    "array": [1, "two", []],
    "null": None,
    "unicode-keys": {"größe": {"☃": 1.0}},
    "mebibyte": {"value": "x" * (1 << 20)},
}


@cells
@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload(matrix, notifier, form, listener, name):
    (seen,) = matrix.notified(notifier, form, listener, name, payload=PAYLOADS[name])
    assert spelled(seen["payload"]) == spelled(PAYLOADS[name])
    assert seen["publisher_id"] == "peer.host1" and seen["priority"] == "info"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", seen["message_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", seen["timestamp"])


@cells
@pytest.mark.parametrize("priority", PRIORITIES)
def test_a_priority(matrix, notifier, form, listener, priority):
    (seen,) = matrix.notified(notifier, form, listener, priority, priority=priority, payload={}, publisher="other.host2")
    assert seen["priority"] == priority and seen["publisher_id"] == "other.host2"


CONTEXT = {"request_id": "req-1", "project_id": "p1", "is_admin": True, "roles": ["a", "b"]}


@cells
def test_the_context(matrix, notifier, form, listener):
    secret = {"auth_token": "secret"}
    (seen,) = matrix.notified(notifier, form, listener, "context", payload={}, context={**CONTEXT, **secret})
    assert {key: seen["context"].get(key) for key in CONTEXT} == CONTEXT
    assert "secret" not in json.dumps(seen["context"])


@cells
def test_many(matrix, notifier, form, listener):
    seen = matrix.notified(notifier, form, listener, "many", expected=200, count=200)
    # Listeners have several workers, so that the order is not a promise.
    assert sorted(one["payload"]["number"] for one in seen) == list(range(1, 201))


@named("listener", LANGUAGES)
@named("notifier", LANGUAGES)
def test_what_is_put_back_comes_again(matrix, notifier, listener):
    noting = matrix.putting_back[listener].result(60)
    event = f"again.{notifier}"
    if event not in matrix.sent:
        matrix.sent.add(event)
        matrix.notifiers[notifier, "messagingv2"].result(60).send(event, {"n": 1}, "critical")
    first, second = noting.of(event, 2)
    assert first["requeued"] and not second["requeued"]
    assert first["message_id"] == second["message_id"] and first["payload"] == second["payload"] == {"n": 1}


def numbers(listeners, event):
    return [one["payload"]["number"] for listener in listeners for one in list(listener.seen) if one["event_type"] == event]


def test_pools_of_both_languages(family, vhost):
    """Each pool gets every notification once, whoever is in it."""
    topic, url = "pooled", vhost.url()
    pools = {"ours": ("swift", "swift"), "theirs": ("18.3.1",), "mixed": ("swift", "14.0.3")}
    with concurrent.futures.ThreadPoolExecutor() as starting:
        members = {
            pool: [starting.submit(Listener, name, url, [topic], "--pool", f"pool-{pool}") for name in languages]
            for pool, languages in pools.items()
        }
    members = {pool: [family.add(one.result()) for one in started] for pool, started in members.items()}
    for language in ("swift", "18.3.1"):
        family.add(Notifier(language, url, [topic], "messagingv2")).send(f"from-{language}", count=20)
        for pool, listeners in members.items():
            until(lambda: len(numbers(listeners, f"from-{language}")) >= 20, 10, what=f"the pool {pool} has all")
            assert sorted(numbers(listeners, f"from-{language}")) == list(range(1, 21))
    for pool in ("ours", "mixed"):
        assert all(listener.seen for listener in members[pool]), f"{pool}: the members share"


def test_some_priorities_only(family, vhost):
    topic = "chosen"
    seen = family.add(Listener("swift", vhost.url(), [topic], "--priority", "error", "--priority", "audit"))
    notifier = family.add(Notifier("18.3.1", vhost.url(), [topic], "messaging"))
    for priority in PRIORITIES:
        notifier.send(f"of-{priority}", {}, priority)
    assert seen.of("of-error") and seen.of("of-audit")
    assert {one["event_type"] for one in seen.seen} == {"of-error", "of-audit"}
    queues = vhost.queues()
    assert {name: queues[name] for name in queues if name.startswith(topic)} == {
        f"{topic}.{priority}": int(priority in ("error", "audit")) for priority in PRIORITIES
    }


# The wire


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def declaration(arguments):
    names = ("exchange", "type", "queue", "routing_key", "passive", "durable", "exclusive", "auto_delete", "arguments")
    return {name: arguments[name] or {} if name == "arguments" else arguments[name] for name in names if name in arguments}


@pytest.mark.parametrize("form", FORMATS)
def test_a_notification_equals_pythons(family, broker, form):
    version = {"messaging": "v1", "messagingv2": "v2"}[form]
    golden, topology = vector(f"notification_{version}"), vector(f"topology_notification_{version}")
    vhost = broker.make_virtual_host("notified")
    tap = family.tap(broker.port)
    notifier = family.add(Notifier("swift", vhost.url(tap.port), ["notifications"], form, "--publisher", "probe.host"))
    notifier.send("compute.instance.create.end", {"instance_id": 12})
    (event,) = [e for e in tap.named("Basic.Publish") if e.arguments["exchange"]]
    assert (event.arguments["exchange"], event.arguments["routing_key"]) == (golden["exchange"], golden["routing_key"])
    properties = dict(event.properties)
    assert properties.pop("headers") == golden["headers"] == {}
    assert properties == golden["properties"]
    variable = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"
    assert re.sub(variable, "X", event.body.decode()) == re.sub(variable, "X", golden["body_utf8"])
    declared = [
        (e.name, declaration(e.arguments))
        for e in tap.named("Exchange.Declare", "Queue.Declare", "Queue.Bind")
        if e.connection == event.connection
    ]
    wanted = [
        (step["method"], declaration(step["args"]))
        for step in topology["steps"]
        if step["method"].split(".")[0] in ("Exchange", "Queue")
    ]
    # Python declares the exchange once more before it publishes.
    assert declared == wanted[: len(declared)] and len(declared) >= 3


@pytest.mark.parametrize("pool", [None, "shared"])
def test_a_listener_declares_as_pythons(family, broker, pool):
    """Our listener comes to queues that Python's has declared, and the other way round: neither is refused."""
    topic, options = "declared", ("--pool", pool) if pool else ()
    for first, second in (("swift", "18.3.1"), ("18.3.1", "swift")):
        vhost = broker.make_virtual_host("listened")
        family.add(Listener(first, vhost.url(), [topic], *options))
        second = family.add(Listener(second, vhost.url(), [topic], *options))
        queues = {name: consumers for name, consumers in vhost.queues().items() if not name.startswith("reply_")}
        wanted = {pool} if pool else {f"{topic}.{priority}" for priority in PRIORITIES}
        assert set(queues) == wanted
        assert second.running
