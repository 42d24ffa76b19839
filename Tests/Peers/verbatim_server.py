"""A server that speaks oslo.messaging's protocol by hand, for what a well-behaved server never does.

It answers with the argument `value` exactly as it was written (`echo`), or with replies that are wrong in a chosen way
(`forge`), some of them later, or with compressed ones (`compressed`). It reconnects at once when the broker goes away, to the first of its URLs that answers. Prints
`READY` each time it consumes, then one JSON object a line for every request that it took, before it acknowledges it.
"""

import argparse
import functools
import json
import signal
import sys
import time
import uuid
import zlib

import pika
import pika.exceptions

DECODER = json.JSONDecoder()


def written(text, key, start=0):
    """The text of the value of the first `"key": ` in text after start, as it stands there."""
    mark = json.dumps(key)
    position = text.index(mark, start) + len(mark)
    while text[position] in " \t\r\n:":
        position += 1
    return text[position : DECODER.raw_decode(text, position)[1]]


def reply(message, result, failure="null", ending="true"):
    return (
        f'{{"result": {result}, "failure": {failure}, "ending": {ending}, '
        f'"_msg_id": "{message["_msg_id"]}", "_unique_id": "{uuid.uuid4().hex}"}}'
    )


def envelope(inner, version='"2.0"'):
    return f'{{"oslo.version": {version}, "oslo.message": {json.dumps(inner)}}}'


def forged(kind, message):
    """The bodies of the replies to a `forge` call, in the order in which they are sent."""
    good = envelope(reply(message, '"good"'))
    failure = json.dumps(json.dumps({"class": "Odd", "module": "odd", "message": "m", "tb": ["t\n"], "args": [], "kwargs": {}}))
    return {
        "not-json": ["}"],
        "empty": [""],
        "array": ["[]"],
        "inner-not-json": [envelope("}")],
        "inner-array": [envelope("[]")],
        "version-3.0": [envelope(reply(message, "1"), '"3.0"')],
        "version-2.1": [envelope(reply(message, "1"), '"2.1"')],
        "nan": [envelope(reply(message, "NaN"))],
        "infinity": [envelope(reply(message, '{"a": [-Infinity]}'))],
        "no-envelope": [reply(message, '"bare"')],
        "failure-not-json": [envelope(reply(message, "null", '"}"'))],
        "failure-without-class": [envelope(reply(message, "null", json.dumps("{}")))],
        "failure-wins": [envelope(reply(message, '"both"', failure))],
        "two-messages": [envelope(reply(message, '"first"', ending="false")), envelope(reply(message, "null"))],
        "twice": [good, envelope(reply(message, '"second"'))],
        "other-id": [envelope(reply({"_msg_id": uuid.uuid4().hex}, '"stranger"')), good],
        "heartbeat": [envelope(reply(message, "null", ending="false")), good],
        "no-failure-key": [envelope(f'{{"result": "good", "ending": true, "_msg_id": "{message["_msg_id"]}"}}')],
        "silence": [],
        # Results of one byte in long messages.
        "padded": [envelope(padded(message))] * message["args"].get("count", 1),
        **long_failures(message),
        "huge": [envelope(reply(message, '"' + "x" * message["args"].get("bytes", 200_000) + '"'))],
        "version-null": [envelope(reply(message, "1"), "null")],
        "result-cut": [good[: len(good) // 2]],
        "identifier-null": [envelope('{"result": 1, "failure": null, "ending": true, "_msg_id": null}')],
    }[kind]


@functools.lru_cache
def spaces(size):
    """A compressor that has taken so many spaces, and what it has given for them."""
    compressor = zlib.compressobj()
    return compressor, compressor.compress(b" " * size)


def inflating(text, size):
    """A body as kombu's gzip: the text after spaces that make it as long as that, in a thousandth of it."""
    compressor, begun = spaces(max(0, size - len(text)))
    compressor = compressor.copy()
    return begun + compressor.compress(text.encode()) + compressor.flush()


def failure_of_members(message, count):
    failure = '{"class": "Odd", "module": "odd", "message": "m"' + ',"a":1' * count + "}"
    return reply(message, "null", json.dumps(failure))


def compressed(kind, message):
    """The compressed bodies of the replies to a `compressed` call."""
    size = message["args"].get("size", 0)
    return {
        "one": [inflating(envelope(reply(message, "1")), size)],
        # The end of it is as short as can be, and what it ends is long.
        "two": [
            inflating(envelope(reply(message, '"first"', ending="false")), size),
            inflating(envelope(reply(message, "null")), 0),
        ],
        # Members that mean nothing, which a reader of the failure has to pass over one by one: 12 bytes each in the reply.
        "failure": [zlib.compress(envelope(failure_of_members(message, size // 12)).encode(), 1)] if kind == "failure" else [],
        # A result of so many bytes.
        "result": [zlib.compress(envelope(reply(message, '"' + "x" * (size - 2) + '"')).encode(), 1)] if kind == "result" else [],
    }[kind]


def forged_later(kind, message):
    """(seconds from now, body) of the replies that a `forge` call gets later, for kinds that have such."""
    seconds = message["args"].get("seconds", 0)
    if kind == "late":
        return [(seconds, envelope(reply(message, '"late"')))]
    if kind == "endless":
        more = envelope(reply(message, "null", ending="false"))
        return [(tenth / 10, more) for tenth in range(int(seconds * 10))]
    return None


def padded(message):
    padding = "x" * message["args"].get("size", 0)
    return f'{{"padding": "{padding}", "result": 1, "ending": true, "_msg_id": "{message["_msg_id"]}"}}'


def long_failures(message):
    """Failures whose work has to be bounded by their size, which the argument `size` says in bytes."""
    size = message["args"].get("size", 0)

    def of(**members):
        return [envelope(reply(message, "null", json.dumps(json.dumps({"class": "Odd", "module": "odd", "message": "m", **members}))))]

    return {
        "long-message": of(message="x" * size),
        "many-lines": of(tb=["\n" * (size // 4)]),
        "many-entries": of(tb=["x"] * (size // 5)),
        "many-members": of(**{f"{number:x}": 1 for number in range(size // 12)}),
        "many-keywords": of(kwargs={f"{number:x}": 1 for number in range(size // 12)}),
    }


class Server:
    def __init__(self, options):
        self.options = options
        self.connection = None

    def consume(self):
        options = self.options
        self.connection = pika.BlockingConnection([pika.URLParameters(url) for url in options.url.split(",")])
        channel = self.connection.channel()
        durable = options.durable or options.quorum
        channel.exchange_declare(options.exchange, "topic", durable=durable)
        channel.basic_qos(prefetch_count=500)
        for queue in (options.topic, f"{options.topic}.{options.server}"):
            channel.queue_declare(queue, durable=durable, arguments={"x-queue-type": "quorum"} if options.quorum else None)
            channel.queue_bind(queue, options.exchange, queue)
            channel.basic_consume(queue, self.take)
        # A queue that was deleted is declared again over a new connection.
        channel.add_on_cancel_callback(lambda _: channel.stop_consuming())
        fanout = f"{options.topic}_fanout"
        channel.exchange_declare(fanout, "fanout", auto_delete=True)
        own = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(own, fanout)
        channel.basic_consume(own, self.take)
        print("READY", flush=True)
        channel.start_consuming()
        self.connection.close()

    def take(self, channel, method, properties, body):
        text = json.loads(body)["oslo.message"]
        message = json.loads(text)
        line = {"method": message["method"], "arguments": message["args"], "text": text[:4000]}
        print(json.dumps({**line, "id": message.get("_unique_id"), "redelivered": method.redelivered}), flush=True)
        channel.basic_ack(method.delivery_tag)
        if "_reply_q" not in message:
            return
        later = forged_later(message["args"].get("kind"), message) if message["method"] == "forge" else None
        for seconds, answer in later or []:
            self.connection.call_later(seconds, functools.partial(self.send, channel, message, answer))
        for answer in [] if later else self.answers(message, text):
            self.send(channel, message, answer)

    def send(self, channel, message, answer):
        is_compressed = isinstance(answer, bytes)
        headers = {"compression": "application/x-gzip"} if is_compressed else {}
        properties = pika.BasicProperties("application/json", "utf-8", headers, 2, 0)
        channel.basic_publish("", message["_reply_q"], answer if is_compressed else answer.encode(), properties)

    def answers(self, message, text):
        if message["method"] == "forge":
            return forged(message["args"]["kind"], message)
        if message["method"] == "compressed":
            return compressed(message["args"]["kind"], message)
        return [envelope(reply(message, written(written(text, "args"), "value")))]

    def run(self):
        while True:
            try:
                self.consume()
            except (pika.exceptions.AMQPError, OSError):
                time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--exchange", default="openstack")
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("--quorum", action="store_true")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(parser.parse_args()).run()


if __name__ == "__main__":
    main()
