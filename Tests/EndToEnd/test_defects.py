"""Defects that oslo.messaging is known for, and that we do not have; each test says what the original does."""

import json
import signal
import threading
import time
import urllib.parse
import uuid

import pytest

from harness.interop import ToldClient, ToldGateway, interop_server, peer_command
from harness.places import refusing_port
from harness.process import Process
from harness.raw import RawCaller
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.add(interop_server("swift", vhost.url(), "defects/alpha"))


@pytest.fixture(scope="module")
def client(module_family, vhost):
    return module_family.add(ToldClient("swift", vhost.url()))


@pytest.fixture
def caller(family, vhost):
    return family.add(RawCaller(vhost))


# 1. Messages that the broker delivers between the server's stop and its close are acknowledged and dropped.


class Stream:
    """Casts, one after the other without a pause, each with a number of its own."""

    def __init__(self, vhost, topic):
        self.vhost, self.topic = vhost, topic
        self.sent = 0
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        caller = RawCaller(self.vhost)
        while not self.end.is_set():
            caller.cast(self.topic, "hit", {"mark": str(self.sent)})
            self.sent += 1
            if self.sent % 20 == 0:
                time.sleep(0.001)
        caller.stop()

    def stop(self):
        self.end.set()
        self.thread.join(10)


def marks(*servers):
    return [call["arguments"]["mark"] for server in servers for call in server.calls if call["method"] == "hit"]


def test_nothing_is_lost_when_a_server_stops_under_load(family, vhost):
    servers = [family.add(interop_server("swift", vhost.url(), "stopped/alpha"))]
    stream = family.add(Stream(vhost, "stopped"))
    for _ in range(3):
        until(lambda: len(marks(servers[-1])) > 200, 10, what="it runs what comes")
        servers[-1].signal(signal.SIGTERM)
        servers.append(family.add(interop_server("swift", vhost.url(), "stopped/alpha")))
        assert servers[-2].child.wait(10) == 0
    stream.stop()
    until(lambda: len(marks(*servers)) >= stream.sent, 20, what="all are run")
    assert sorted(marks(*servers), key=int) == [str(number) for number in range(stream.sent)]


# 2. After NoSuchMethod and UnsupportedVersion the heartbeats of a call with a monitor go on for ever.


@pytest.mark.parametrize(
    ("method", "members"),
    [("nosuch", {}), ("echo", {"version": "9.9"}), ("add", {"args": {"wrong": 1}}), ("fail", {"args": {"kind": "plain"}})],
    ids=["no-such-method", "unsupported-version", "wrong-arguments", "failure"],
)
def test_no_heartbeat_follows_the_end_of_a_call(server, caller, method, members):
    caller.call("defects", method, _timeout=2, **members)
    caller.pause(2.4)
    assert len(caller.replies) == 1 and caller.replies[0].failure


# 3. A result that cannot be serialized is answered with silence; the caller runs into its time-out.


@pytest.mark.parametrize("language", ["swift", "18.3.1", "14.0.3"])
def test_an_unserializable_result_is_a_failure(family, server, vhost, language):
    other = family.add(ToldClient(language, vhost.url()))
    outcome = other.call("defects", "unserializable", timeout=10)
    assert outcome.raised == "builtins.ValueError"
    assert "cannot be sent as JSON" in outcome.remote["message"]
    assert other.call("defects", "echo", {"value": 1}).result == 1


# 4. A call is not bounded in time while there is no broker, whatever its time-out and retry; retry -1 means one attempt on a
# first connection; errors of the transport's own libraries come out.


def test_a_call_without_a_broker_ends_at_its_deadline(family):
    with refusing_port() as port:
        client = family.add(ToldClient("swift", f"rabbit://guest:guest@127.0.0.1:{port}/"))
        began = time.monotonic()
        outcomes = [
            client.start(operation, "t", "echo", timeout=1, **({} if retry is None else {"retry": retry}))
            for operation in ("call", "cast")
            for retry in (None, -1)
        ]
        errors = [outcome.result(10).error for outcome in outcomes]
        assert 0.9 < time.monotonic() - began < 3
    for error in errors:
        assert error["class"] in ("broker-unavailable", "messaging-timeout") and "the broker" in error["text"]


def test_retry_zero_is_one_attempt(family):
    with refusing_port() as port:
        client = family.add(ToldClient("swift", f"rabbit://guest:guest@127.0.0.1:{port}/"))
        began = time.monotonic()
        for operation in ("call", "cast"):
            outcome = client.start(operation, "t", "echo", timeout=20, retry=0).result(30)
            assert outcome.error["class"] == "broker-unavailable"
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("retry", [-1, None, 20])
def test_a_first_connection_is_tried_again(family, broker, vhost, server, retry):
    tap = family.tap(broker.port)
    tap.refuse = True
    client = family.add(ToldClient("swift", vhost.url(tap.port)))
    waiting = client.start("call", "defects", "echo", {"value": 1}, timeout=20, **({} if retry is None else {"retry": retry}))
    until(lambda: tap.refused >= 2, 10)
    assert not waiting.done()
    tap.refuse = False
    assert waiting.result(25).result == 1


@pytest.mark.parametrize(
    ("authority", "path"), [("guest:wrong", ""), ("nobody:guest", ""), ("guest:guest", "no-such-vhost")]
)
def test_a_refused_login_is_an_error_of_our_own(family, broker, vhost, authority, path):
    url = f"rabbit://{authority}@127.0.0.1:{broker.port}/{path or vhost.name}"
    client = family.add(ToldClient("swift", url))
    began = time.monotonic()
    for retry in (0, None):
        options = {} if retry is None else {"retry": retry}
        error = client.start("call", "t", "echo", timeout=2, **options).result(10).error
        assert error["class"] in ("broker-unavailable", "broker-configuration", "messaging-timeout"), error
        assert "wrong" not in error["text"]
    assert time.monotonic() - began < 5


# 5. A heartbeat without a call monitor, and a reply without the key `failure`, crash the caller.
# 6. The check for repeated replies compares with a memory that nothing fills.


@pytest.mark.parametrize(
    ("kind", "expected"), [("heartbeat", "good"), ("no-failure-key", "good"), ("twice", "good"), ("other-id", "good")]
)
def test_unusual_replies(module_family, vhost, client, verbatim, kind, expected):
    outcome = client.call("verbatim", "forge", {"kind": kind}, timeout=5)
    assert outcome.error is None or outcome.error["class"] == "bad-reply", outcome.members
    assert outcome.error or outcome.result == expected
    assert client.call("verbatim", "forge", {"kind": "heartbeat"}).result == "good"


def test_the_second_of_two_equal_replies_changes_nothing(family, vhost, server, client):
    topic, requests = "repeated", []
    vhost.declare_queue(topic)
    caller = family.add(RawCaller(vhost))
    caller.channel.basic_consume(topic, lambda *delivery: requests.append(delivery[3]), auto_ack=True)
    waiting = client.start("call", topic, "echo", timeout=10)
    until(lambda: caller.pause(0.05) is None or requests, 5, what="the request comes")
    request = json.loads(json.loads(requests[0])["oslo.message"])

    def reply(result, unique):
        message = {"result": result, "failure": None, "ending": True, "_msg_id": request["_msg_id"], "_unique_id": unique}
        text = json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(message)})
        caller.publish(request["_reply_q"], text.encode(), exchange="")

    unique = uuid.uuid4().hex
    reply("first", unique)
    reply("second", unique)
    assert waiting.result(10).result == "first"
    assert client.call("defects", "echo", {"value": 3}).result == 3


# 7. A monitor of one second is accepted and cannot work: servers send no heartbeat more often than every second.


def test_a_monitor_that_cannot_work_is_refused(family, vhost, server, client):
    for monitor in (0.5, 1, 1.9):
        error = client.call("defects", "sleep", {"seconds": 1.5}, monitor=monitor, timeout=5).error
        assert error["class"] == "invalid-request" and "2 seconds" in error["text"]
    assert client.call("defects", "sleep", {"seconds": 1.5}, monitor=2, timeout=5).result == 1.5


# 8. The documented name of a compression fails when a message is sent; credentials with `/`, and virtual hosts with `?` or
# `#`, do not survive the URL.


@pytest.mark.parametrize("name", ["bz2", "bzip2", "lzma", "nonsense"])
def test_a_compression_that_is_not_there_is_refused_at_the_start(family, vhost, name):
    process = family.add(Process([*peer_command("swift", "client"), vhost.url(query=f"?kombu_compression={name}")]))
    assert "kombu_compression" in process.wait_for_line(lambda line: line.startswith("FAILED"), 10)
    assert process.child.wait(5) == 1


@pytest.mark.parametrize("name", ["a?b#c", "with/slash", "per%cent", "größe", "a b+c"])
def test_reserved_characters_in_credentials_and_virtual_hosts(family, broker, name):
    label = f"{name}-{uuid.uuid4().hex[:6]}"
    user, password = f"u/{label}", f"p/w:@?#%+ {label}"
    broker.make_host(label)
    broker.add_user(user, password, label)
    quoted = [urllib.parse.quote(part, safe="") for part in (user, password, label)]
    url = f"rabbit://{quoted[0]}:{quoted[1]}@127.0.0.1:{broker.port}/{quoted[2]}"
    family.add(interop_server("swift", url, "reserved/alpha"))
    client = family.add(ToldClient("swift", url))
    assert client.call("reserved", "echo", {"value": label}).result == label


# 9. A time-out of zero ends in a loop of reconnects, a negative one in an error about delivery.


@pytest.mark.parametrize("timeout", [0, -1, -0.001])
def test_a_timeout_that_is_not_positive_is_refused(server, client, timeout):
    began = time.monotonic()
    for operation in ("call", "cast"):
        error = client.start(operation, "defects", "echo", timeout=timeout).result(5).error
        assert error["class"] == "invalid-request" and "timeout" in error["text"]
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("timeout", ["0", "-1"])
def test_the_gateway_refuses_such_a_timeout(family, vhost, server, timeout):
    gateway = family.add(ToldGateway(vhost.url()))
    assert gateway.call("defects", "echo", timeout=timeout).error["status"] == 400
