"""A server of plain AMQP on pika: `rpc_server.py` of RabbitMQ's tutorial, and what else a server may reply.

Prints `READY` once it consumes, then one JSON object a line for every request. Ends on SIGTERM.
"""

import argparse
import decimal
import json
import signal
import sys

import pika


def fib(n):
    if n == 0:
        return 0
    if n == 1:
        return 1
    return fib(n - 1) + fib(n - 2)


def tutorial(properties, body):
    """The tutorial's own reply: the body alone, with nothing but the correlation_id."""
    return pika.BasicProperties(correlation_id=properties.correlation_id), str(fib(int(body)))


def echo(properties, body):
    """The same body with the same properties."""
    properties.reply_to = properties.expiration = None
    return properties, body


def hostile(properties, body):
    """Properties that would be other fields, or more than a head can hold, if they were believed."""
    injection = "x\r\nSet-Cookie: stolen=1\r\n\r\n<script>"
    return (
        pika.BasicProperties(
            correlation_id=properties.correlation_id,
            content_type="text/html\r\nSet-Cookie: stolen=1",
            content_encoding="gzip\r\nX-Evil: 1",
            type=injection,
            message_id="\0",
            app_id="y" * 255,
            headers={injection: injection, "long": "z" * 100_000},
        ),
        body,
    )


def large(properties, body):
    """As many bytes as the request says."""
    return pika.BasicProperties(correlation_id=properties.correlation_id, content_type="text/plain"), b"x" * int(body)


def typed(properties, body):
    """Every type of value that a header table has."""
    headers = {
        "text": "größe",
        "int": 5,
        "big": 2**40,
        "negative": -1,
        "true": True,
        "null": None,
        "list": [1, "a", [True]],
        "table": {"inner": {"n": 1}},
        "decimal": decimal.Decimal("1.5"),
    }
    return pika.BasicProperties(correlation_id=properties.correlation_id, headers=headers, delivery_mode=2), body


BEHAVIOURS = {behaviour.__name__: behaviour for behaviour in (tutorial, echo, hostile, large, typed)}


def note(properties, body):
    given = {name: value for name, value in vars(properties).items() if value is not None}
    print(json.dumps({"properties": given, "body": body[:1000].decode("latin-1")}, default=str), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--queue", default="rpc_queue")
    parser.add_argument("--behaviour", choices=[*BEHAVIOURS, "silent"], default="tutorial")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    connection = pika.BlockingConnection(pika.URLParameters(options.url))
    channel = connection.channel()
    channel.queue_declare(queue=options.queue)

    def on_request(ch, method, properties, body):
        note(properties, body)
        if options.behaviour != "silent" and properties.reply_to:
            reply_to = properties.reply_to
            reply, answer = BEHAVIOURS[options.behaviour](properties, body)
            ch.basic_publish(exchange="", routing_key=reply_to, properties=reply, body=answer)
        ch.basic_ack(delivery_tag=method.delivery_tag)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue=options.queue, on_message_callback=on_request)
    print("READY", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
