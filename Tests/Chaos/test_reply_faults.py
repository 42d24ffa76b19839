"""Servers and strangers that reply twice, late, to others, in no known form, without end, or with far too much."""

import contextlib
import json
import threading
import time

import pika
import pytest

from chaos.load import Ask

FORGER = "forger"
# What a reply that is right after all brings its caller.
RESULTS = {
    "twice": '"good"',
    "other-id": '"good"',
    "heartbeat": '"good"',
    "no-envelope": '"bare"',
    "two-messages": '"first"',
}
MALFORMED = ["not-json", "empty", "array", "inner-not-json", "inner-array", "result-cut", "identifier-null", "nan", "infinity"]
MALFORMED += ["failure-not-json", "failure-without-class"]
VERSIONS = ["version-3.0", "version-2.1", "version-null"]


def forged(kind, timeout=1.0, fields=(), **arguments):
    return Ask(FORGER, "forge", arguments={"kind": kind, **arguments}, wants=RESULTS.get(kind), timeout=timeout, fields=fields)


ATTACKS = {
    "duplicate": [forged("twice")],
    "late": [forged("late", timeout=0.3, seconds=0.5)],
    "foreign": [forged("other-id")],
    "malformed": [forged(kind) for kind in MALFORMED],
    "of unknown version": [forged(kind) for kind in VERSIONS],
    "without end": [forged("endless", seconds=8), forged("endless", seconds=8, fields=("Rpc-Call-Monitor: 2",))],
}


@pytest.mark.parametrize("replies", ATTACKS)
def test_replies(stage, replies):
    stage.open()
    stage.serve_quickly(topic=FORGER)
    stage.spare(forging(stage, *ATTACKS[replies], connections=8, rate=60))
    stage.judge()


@contextlib.contextmanager
def forging(stage, *asks, **keywords):
    """A load to the forger that is judged as all others are."""
    load = stage.start_load(*asks, **keywords)
    load.wait_for(20)
    yield
    load.wait_for(20)
    load.stop()


def test_replies_of_64_mebibytes(stage):
    stage.open()
    stage.serve_quickly(topic=FORGER)
    ask = forged("huge", timeout=20.0, bytes=64 << 20)
    stage.spare(large_replies(stage, ask), 100)
    stage.judge()


@contextlib.contextmanager
def large_replies(stage, ask):
    load = stage.start_load(ask, connections=2, rate=2)
    load.wait_for(1)
    yield
    load.wait_for(3)
    load.stop()


def test_strangers_write_to_the_reply_queue(stage):
    stage.open()
    stage.spare(strangers(stage))
    stage.judge()


@contextlib.contextmanager
def strangers(stage):
    """Somebody at the broker sends everything imaginable to the gateway's reply queues."""
    sent = []
    ends = threading.Event()

    def run():
        bodies = [b"", b"}", b"[]", b"null", b"\xff\xfe", b'{"oslo.version": "2.0"}', b"x" * 100_000, json.dumps({"a": [[]] * 1000}).encode()]
        for inner in ({"_msg_id": "f" * 32, "result": 1, "ending": True}, {"_msg_id": 7, "ending": "no"}, {"ending": False}):
            bodies.append(json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(inner)}).encode())
        kinds = [pika.BasicProperties(), pika.BasicProperties("text/plain", "utf-7", {"a": {"b": [1, None]}}, correlation_id="x" * 255)]
        with stage.host.channel() as channel:
            while not ends.wait(0.01):
                for queue in stage.reply_queues:
                    channel.basic_publish("", queue, bodies[len(sent) % len(bodies)], kinds[len(sent) % len(kinds)])
                    sent.append(time.monotonic())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(10)
    assert len(sent) > 100
