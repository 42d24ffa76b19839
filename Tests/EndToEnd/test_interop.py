"""Every kind of client against every kind of server: what a client sees must not depend on who the server is.

Each cell is compared with what the same client sees of Python's server of release 18.3.1, and with what is known of it.
"""

import concurrent.futures
import uuid

import pytest

from harness.interop import ToldClient, ToldGateway, comparable, interop_server, spelled
from harness.waiting import until

REFERENCE = "18.3.1"
SERVERS = ("swift", "18.3.1", "14.0.3")
CLIENTS = ("swift", "18.3.1", "14.0.3", "gateway")
MEBIBYTE = 1 << 20


class Matrix:
    """Every process, each started once; those that do not start fail their own cells only."""

    def __init__(self, url):
        self.pool = concurrent.futures.ThreadPoolExecutor(64)
        self.servers = {name: self.pool.submit(self.start_server, name, url) for name in SERVERS}
        self.clients = {name: self.pool.submit(self.start_client, name, url) for name in CLIENTS}
        self.references = {}
        self.slow = {}

    @staticmethod
    def start_server(name, url):
        return interop_server(name, url, f"interop-{name}/alpha", f"own-{name}/alpha@own_exchange", f"mixed/{name}")

    @staticmethod
    def start_client(name, url):
        return ToldGateway(url) if name == "gateway" else ToldClient(name, url)

    def client(self, name):
        return self.clients[name].result(60)

    def topic(self, server):
        """The topic of a server that runs."""
        return self.servers[server].result(60).topic

    def call(self, client, server, method, arguments, /, **options):
        return self.client(client).call(self.topic(server), method, arguments, **options)

    def reference(self, client, *words, **options):
        """What the client sees of the server that everything is compared with."""
        key = repr((client, words, sorted(options.items())))
        if key not in self.references:
            self.references[key] = comparable(self.call(client, REFERENCE, *words, **options))
        return self.references[key]

    def start_slow(self, label, method, arguments, **options):
        """Begins a call in every cell, so that the waiting for all of them takes as long as for one."""
        for client in CLIENTS:
            for server in SERVERS:
                run = self.pool.submit(self.call, client, server, method, arguments, **options)
                self.slow[label, client, server] = run

    def stop(self):
        started = [one for one in [*self.clients.values(), *self.servers.values()] if one.exception() is None]
        # Side by side: some of Python's releases take their time.
        list(self.pool.map(lambda one: one.result().stop(), started))
        self.pool.shutdown()


@pytest.fixture(scope="module")
def matrix(vhost):
    matrix = Matrix(vhost.url())
    matrix.start_slow("monitored", "sleep", {"seconds": 3}, timeout=30, monitor=2)
    matrix.start_slow("late", "sleep", {"seconds": 3}, timeout=1)
    matrix.start_slow("whole monitor", "sleep", {"seconds": 0.2}, timeout=30, monitor=2)
    yield matrix
    matrix.stop()


@pytest.fixture(params=CLIENTS, ids=[f"by-{name}" for name in CLIENTS])
def client(request):
    return request.param


@pytest.fixture(params=SERVERS, ids=[f"at-{name}" for name in SERVERS])
def server(request):
    return request.param


NESTED = {"list": [1, -2.5, None, True, "text", [], {}], "object": {"b": 1, "a": {"": "empty key"}}, "big": 2**70}
TEXT = "größe ☃ \U0001f600 \u0000 \" \\ / \u2028"

# Name: method, arguments, options, result.
RESULTS = {
    "call": ("add", {"a": 1, "b": 2}, {}, 3),
    "call-one-server": ("add", {"a": 1, "b": 2}, {"server": "alpha"}, 3),
    "call-without-arguments": ("echo", {}, {}, None),
    "call-nested-values": ("echo", {"value": NESTED}, {}, NESTED),
    "call-no-result": ("none", {}, {}, None),
    "call-any-arguments": ("kwargs", {"b": 1, "a": [2], "_c": None}, {}, {"b": 1, "a": [2], "_c": None}),
    "namespaced": ("echo", {"value": 1}, {"namespace": "ns"}, {"ns": 1}),
    "namespaced-with-version": ("version", {}, {"namespace": "ns", "version": "1.1"}, "1.2"),
    "namespaced-by-its-old-name": ("echo", {"value": 1}, {"namespace": "old", "version": "1.2"}, {"ns": 1}),
    "versioned-first": ("echo", {"value": 1}, {"version": "1.0"}, 1),
    "versioned-second": ("echo", {"value": 1}, {"version": "2.0"}, {"second": 1}),
    "versioned-with-revision": ("second", {}, {"version": "2.3.1"}, "2.3.1"),
    "unicode": ("echo", {"value": TEXT}, {}, TEXT),
    "unicode-names": ("größe", {"wert": {"schlüssel": "ß"}}, {}, {"schlüssel": "ß"}),
    "unicode-counted": ("length", {"value": TEXT}, {}, len(TEXT)),
    "mebibyte-there": ("length", {"value": "x" * MEBIBYTE}, {}, MEBIBYTE),
    "mebibyte-back": ("big", {"n": MEBIBYTE}, {}, "x" * MEBIBYTE),
    "mebibyte-of-unicode": ("echo", {"value": "é☃\U0001f600" * (MEBIBYTE // 9)}, {}, "é☃\U0001f600" * (MEBIBYTE // 9)),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result(matrix, client, server, name):
    method, arguments, options, expected = RESULTS[name]
    outcome = matrix.call(client, server, method, arguments, **options)
    assert spelled(outcome.result) == spelled(expected)
    assert comparable(outcome) == matrix.reference(client, method, arguments, **options)


def failing(kind, expected, *more):
    return ("fail", {"kind": kind}, {}, expected, *more)


DISPATCHER = "oslo_messaging.rpc.dispatcher."
OWN = "interop_failures."
# Name: method, arguments, options, module and class, and where it is worth a word: args and kwargs.
FAILURES = {
    "value-error": failing("value_error", "builtins.ValueError", ["bad value"], {}),
    "key-error": failing("key_error", "builtins.KeyError", ["missing"], {}),
    "no-text": failing("no_text", "builtins.RuntimeError", [], {}),
    "two-arguments-of-a-builtin": failing("os_error", "builtins.FileNotFoundError", [2, "No such file or directory"], {}),
    "not-implemented": failing("not_implemented", "builtins.NotImplementedError"),
    "own-class": failing("plain", OWN + "Plain", ["plain text"], {}),
    "several-arguments": failing("several", OWN + "Several", ["first", 2, None], {}),
    "keyword-arguments": failing(
        "keywords",
        OWN + "Keywords",
        ["Instance 42 could not be found."],
        {"instance": "42", "nested": {"list": [1, None]}},
    ),
    "numeric-code": failing(
        "code", OWN + "Coded", ["Instance 42 could not be found (404)."], {"instance": "42", "code": 404}
    ),
    "code-of-the-class": failing("code_attribute", OWN + "CodeAttribute", ["only a class attribute"], {}),
    "quota": failing(
        "quota", OWN + "QuotaExceeded", ["Quota exceeded for ['cores', 'ram']."], {"overs": ["cores", "ram"], "code": 413}
    ),
    "class-that-cannot-be-rebuilt": failing("no_arguments", OWN + "NoArguments"),
    "unicode-text": failing("unicode", OWN + "Plain", ["größe ☃ \U0001f600"], {}),
    "two-lines": failing("lines", OWN + "Plain", ["first line\nsecond line"], {}),
    "class-nobody-knows": failing("elsewhere", "elsewhere.exceptions.Elsewhere", ["nobody knows this class"], {}),
    "expected-exception": ("fail_as_expected", {"kind": "plain"}, {}, OWN + "Plain", ["plain text"], {}),
    "expected-builtin": ("fail_as_expected", {"kind": "key_error"}, {}, "builtins.KeyError", ["missing"], {}),
    "no-such-method": ("nosuch", {"a": 1}, {}, DISPATCHER + "NoSuchMethod"),
    "no-such-method-of-a-version": ("second", {}, {"version": "1.0"}, DISPATCHER + "NoSuchMethod"),
    "no-such-method-of-a-namespace": ("add", {"a": 1, "b": 2}, {"namespace": "ns"}, DISPATCHER + "NoSuchMethod"),
    "minor-version-too-high": ("echo", {}, {"version": "1.1"}, DISPATCHER + "UnsupportedVersion"),
    "revision-too-high": ("second", {}, {"version": "2.3.2"}, DISPATCHER + "UnsupportedVersion"),
    "major-version-unknown": ("echo", {}, {"version": "3.0"}, DISPATCHER + "UnsupportedVersion"),
    "namespace-unknown": ("echo", {}, {"namespace": "nowhere"}, DISPATCHER + "UnsupportedVersion"),
    "namespace-with-version-too-high": ("echo", {}, {"namespace": "ns", "version": "1.3"}, DISPATCHER + "UnsupportedVersion"),
    "missing-argument": ("add", {"a": 1}, {}, "builtins.TypeError", ["Main.add() missing 1 required positional argument: 'b'"]),
    "missing-arguments": (
        "add",
        {},
        {},
        "builtins.TypeError",
        ["Main.add() missing 2 required positional arguments: 'a' and 'b'"],
    ),
    "unknown-argument": (
        "add",
        {"a": 1, "b": 2, "c": 3},
        {},
        "builtins.TypeError",
        ["Main.add() got an unexpected keyword argument 'c'"],
    ),
    "unknown-and-missing-arguments": ("add", {"c": 3}, {}, "builtins.TypeError"),
    "unknown-argument-of-a-namespace": (
        "echo",
        {"wrong": 3},
        {"namespace": "ns"},
        "builtins.TypeError",
        ["Namespaced.echo() got an unexpected keyword argument 'wrong'"],
    ),
    "arguments-for-a-method-without": (
        "none",
        {"größe": 3},
        {},
        "builtins.TypeError",
        ["Main.none() got an unexpected keyword argument 'größe'"],
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure(matrix, client, server, name):
    method, arguments, options, expected, *more = FAILURES[name]
    outcome = matrix.call(client, server, method, arguments, **options)
    assert outcome.raised == expected
    assert [outcome.remote[key] for key in ("args", "kwargs")][: len(more)] == more
    assert outcome.remote["traceback"][-1].startswith(expected.removeprefix("builtins."))
    assert comparable(outcome) == matrix.reference(client, method, arguments, **options)


PRIVATE = "_private"


def test_a_private_method(matrix, client, server):
    outcome = matrix.call(client, server, PRIVATE, {})
    if client == "gateway":
        # It refuses by itself, whoever the server is.
        assert (outcome.error["status"], outcome.error["code"]) == (403, "private-method")
    else:
        assert outcome.raised == DISPATCHER + "NoSuchMethod"
    assert comparable(outcome) == matrix.reference(client, PRIVATE, {})


# Python's clients raise what the server raised: the very class where they may import it.
REBUILT = {
    "value_error": ("builtins.ValueError", "builtins.Exception"),
    "os_error": ("builtins.FileNotFoundError", "builtins.OSError"),
    "plain": ("interop_failures_Remote.Plain_Remote", "interop_failures.Plain"),
    "code": ("interop_failures_Remote.Coded_Remote", "interop_failures.Coded"),
    "no_arguments": ("oslo_messaging.rpc.client.RemoteError", "oslo_messaging.exceptions.MessagingException"),
    "elsewhere": ("oslo_messaging.rpc.client.RemoteError", "oslo_messaging.exceptions.MessagingException"),
}


@pytest.mark.parametrize("kind", REBUILT)
@pytest.mark.parametrize("release", ["18.3.1", "14.0.3"])
def test_the_class_that_python_raises(matrix, release, server, kind):
    error = matrix.call(release, server, "fail", {"kind": kind}).error
    raised, base = REBUILT[kind]
    assert f"{error['module']}.{error['class']}" == raised and base in error["bases"]
    assert error["kwargs"] == ({} if raised.endswith("RemoteError") else error["remote"]["kwargs"])


def test_the_context(matrix, client, server):
    context = {"user_id": "u1", "roles": ["a", "b"], "is_admin": True, "nested": {"k": None}, "größe": "☃", "n": 1.0}
    seen = matrix.call(client, server, "ctxt", {}, context=context).result
    # The gateway adds the names of its request; every server adds the caller's monitor.
    assert {key: value for key, value in seen.items() if "request_id" not in key} == {**context, "client_timeout": None}


def hits(matrix, client, topic, mark, **target):
    return matrix.client(client).call(topic, "hits", {"mark": mark}, **target).result


CASTS = {
    "to-the-topic": {},
    "to-one-server": {"server": "alpha"},
    "with-a-version": {"version": "1.0"},
}


@pytest.mark.parametrize("way", CASTS)
def test_a_cast(matrix, client, server, way):
    topic, mark = matrix.topic(server), uuid.uuid4().hex
    assert matrix.client(client).cast(topic, "hit", {"mark": mark}, **CASTS[way]).result is None
    until(lambda: hits(matrix, client, topic, mark) == 1, 5, what="the cast runs, once")
    matrix.servers[server].result().wait_for_call("hit", mark=mark)


def test_a_cast_that_fails_does_no_harm(matrix, client, server):
    topic = matrix.topic(server)
    for method in ("fail", "nosuch"):
        assert matrix.client(client).cast(topic, method, {"kind": "plain"}).result is None
    assert matrix.call(client, server, "echo", {"value": 1}).result == 1


def test_a_fanout(matrix, client, server):
    topic, mark = matrix.topic(server), uuid.uuid4().hex
    assert matrix.client(client).fanout(topic, "hit", {"mark": mark}).result is None
    until(lambda: hits(matrix, client, topic, mark) == 1, 5, what="the fanout runs, once")


def test_a_fanout_reaches_the_servers_of_every_language(matrix, client):
    # Those that run: a server that does not start fails the cells of its own.
    names, mark = [name for name in SERVERS if matrix.topic(name)], uuid.uuid4().hex
    assert matrix.client(client).fanout("mixed", "hit", {"mark": mark}).result is None
    for name in names:
        until(lambda name=name: hits(matrix, client, "mixed", mark, server=name) == 1, 5, what=f"the fanout runs at {name}")


def test_calls_to_a_topic_are_shared_by_the_servers_of_every_language(matrix, client):
    for name in SERVERS:
        matrix.topic(name)
    seen = {matrix.client(client).call("mixed", "whoami").result for _ in range(12)}
    assert seen == {f"mixed/{name}" for name in SERVERS}


def test_another_control_exchange(matrix, client, server):
    matrix.topic(server)
    own = matrix.client(client).call(f"own-{server}", "whoami", exchange="own_exchange")
    assert own.result == f"own-{server}/alpha"


@pytest.mark.parametrize("target", [{}, {"server": "alpha"}], ids=["topic", "server"])
def test_a_ping(matrix, client, server, target):
    assert matrix.client(client).ping(matrix.topic(server), **target).result == "pong"


def test_a_call_monitor_keeps_a_long_call_alive(matrix, client, server):
    assert matrix.slow["monitored", client, server].result(60).result == 3


def test_a_call_with_a_monitor_that_is_short(matrix, client, server):
    assert matrix.slow["whole monitor", client, server].result(60).result == 0.2


TIMEOUTS = {"swift": "messaging-timeout", "gateway": "messaging-timeout"}


def test_a_call_that_takes_too_long(matrix, client, server):
    error = matrix.slow["late", client, server].result(60).error
    assert error["class"] == TIMEOUTS.get(client, "MessagingTimeout") and error["remote"] is None
