"""Thousands of generated requests: each body is the very bytes that oslo.messaging's own code makes of the same request."""

import http.client
import json
import random
import string
import subprocess
import threading
import urllib.parse

import pika
import pytest

from harness import places
from harness.waiting import until

CASTS = 3000
CALLS = 200
LETTERS = string.ascii_letters + string.digits + " \"\\/\b\f\n\r\t\x00\x1f<>&'{}[]:,é☃😀\u2028"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, longest=20):
        return "".join(self.random.choices(LETTERS, k=self.random.randrange(longest)))

    def name(self):
        return self.random.choice(string.ascii_letters) + "".join(self.random.choices(string.ascii_letters + "_1", k=8))

    def value(self, depth=3):
        kind = self.random.randrange(8 if depth else 5)
        if kind == 0:
            return self.random.choice([None, True, False])
        if kind == 1:
            return self.random.choice([self.random.randrange(-(10**6), 10**6), self.random.randrange(10**30), 0, -1])
        if kind == 2:
            return self.random.choice([self.random.random(), self.random.uniform(-1e300, 1e300), 1.0, -0.0, 1e-7, 1e100, 5e-324])
        if kind in (3, 4):
            return self.text()
        if kind == 5:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        return {self.text(): self.value(depth - 1) for _ in range(self.random.randrange(4))}

    def request(self):
        # Names that are not ASCII are written as they are and not as escapes: an intended difference of ours.
        return {
            "method": self.name(),
            "args": {self.name(): self.value() for _ in range(self.random.randrange(5))},
            "namespace": self.random.choice([None, None, "compute", "a.b-c", 'quo"te\\']),
            "version": self.random.choice([None, "1.0", "2.13", "1.2.3"]),
        }


class Queue:
    """What arrives in the queue of a topic."""

    def __init__(self, url, topic):
        self.bodies = []
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        channel = self.connection.channel()
        channel.exchange_declare("openstack", "topic")
        channel.queue_declare(topic)
        channel.queue_bind(topic, "openstack", topic)
        channel.basic_consume(topic, lambda _channel, _method, _properties, body: self.bodies.append(body), auto_ack=True)
        self.channel = channel
        self.thread = threading.Thread(target=channel.start_consuming, daemon=True)
        self.thread.start()

    def stop(self):
        self.connection.add_callback_threadsafe(self.channel.stop_consuming)
        self.thread.join(10)
        self.connection.close()


@pytest.fixture
def queue(vhost):
    arrivals = Queue(vhost.amqp_url, "exact")
    yield arrivals
    arrivals.stop()


def post(connection, topic, request, suffix, headers):
    known = {key: request[key] for key in ("namespace", "version") if request[key] is not None}
    query = "?" + urllib.parse.urlencode(known, quote_via=urllib.parse.quote) if known else ""
    # As oslo.messaging writes JSON, whose bytes the gateway passes on.
    body = json.dumps(request["args"]).encode()
    fields = {"Content-Type": "application/json", **headers}
    connection.request("POST", f"/{topic}/{request['method']}{suffix}{query}", body, fields)
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.mark.parametrize("release", places.RELEASES)
def test_bodies_are_oslo_messagings_own(gateway, queue, release, figure):
    generator = Generator(7)
    requests = [generator.request() for _ in range(CASTS + CALLS)]
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    for request in requests[:CASTS]:
        assert post(connection, "exact", request, ":cast", {}) == 202
    for request in requests[CASTS:]:
        assert post(connection, "exact", request, "", {"Rpc-Timeout": "0.005", "Rpc-Call-Monitor": "4"}) == 504
    connection.close()
    until(lambda: len(queue.bodies) >= CASTS, 20, what="the casts arrive")
    cases = [{"request": request, "body": body.decode()} for request, body in pairs(requests, queue.bodies)]
    assert len(cases) >= CASTS
    command = [places.python(release), places.PEERS / "envelope_judge.py"]
    lines = "\n".join(map(json.dumps, cases))
    judged = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, check=True).stdout.splitlines()
    assert judged[:-1] == []
    assert int(judged[-1]) == len(cases)
    figure(f"{len(cases)} bodies are the bytes of oslo.messaging {release}")


def pairs(requests, bodies):
    """Each body with its request: in the order of the casts; calls may have been given up before they were sent."""
    waiting = iter(requests)
    for body in bodies:
        method = json.loads(json.loads(body)["oslo.message"])["method"]
        yield next(request for request in waiting if request["method"] == method), body
