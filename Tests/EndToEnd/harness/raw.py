"""A caller that speaks the protocol by hand: any body, any properties, and every reply as it came."""

import dataclasses
import json
import time
import uuid

import pika


@dataclasses.dataclass
class Reply:
    """A message that came to the reply queue."""

    at: float
    properties: pika.BasicProperties
    body: bytes

    @property
    def inner(self):
        return json.loads(json.loads(self.body)["oslo.message"])

    @property
    def failure(self):
        text = self.inner["failure"]
        return text and json.loads(text)

    @property
    def is_heartbeat(self):
        return self.inner["ending"] is False


def envelope(inner):
    return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(inner)}).encode()


class RawCaller:
    """One connection with a reply queue; not for several threads."""

    def __init__(self, vhost, exchange="openstack"):
        self.exchange = exchange
        self.connection = pika.BlockingConnection(pika.URLParameters(vhost.amqp_url))
        self.channel = self.connection.channel()
        self.reply_queue = "reply_" + uuid.uuid4().hex
        self.replies = []
        self.channel.queue_declare(self.reply_queue, arguments={"x-expires": 1800000})
        self.channel.basic_consume(self.reply_queue, self._take, auto_ack=True)

    def _take(self, channel, method, properties, body):
        self.replies.append(Reply(time.monotonic(), properties, body))

    def publish(self, routing_key, body, exchange=None, **properties):
        fields = {"content_type": "application/json", "content_encoding": "utf-8", "delivery_mode": 2, **properties}
        fields = {name: value for name, value in fields.items() if value is not None}
        place = self.exchange if exchange is None else exchange
        self.channel.basic_publish(place, routing_key, body, pika.BasicProperties(**fields))

    def call(self, routing_key, method, arguments=None, **members):
        """Sends a call and returns its identifier; `members` are set in the message, those that are `...` taken out."""
        message = {
            "method": method,
            "args": arguments or {},
            "_msg_id": uuid.uuid4().hex,
            "_reply_q": self.reply_queue,
            "_timeout": None,
            "_unique_id": uuid.uuid4().hex,
            **members,
        }
        self.publish(routing_key, envelope({name: value for name, value in message.items() if value is not ...}))
        return message["_msg_id"]

    def cast(self, routing_key, method, arguments=None, exchange=None):
        message = {"method": method, "args": arguments or {}, "_unique_id": uuid.uuid4().hex}
        self.publish(routing_key, envelope(message), exchange)

    def wait(self, count, seconds=10):
        """The replies, once there are so many of them."""
        end = time.monotonic() + seconds
        while len(self.replies) < count and time.monotonic() < end:
            self.connection.process_data_events(0.05)
        assert len(self.replies) >= count, f"{len(self.replies)} of {count} replies within {seconds} s"
        return self.replies

    def pause(self, seconds):
        """Takes what comes for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.connection.process_data_events(0.05)
        return self.replies

    def ask(self, routing_key, method, arguments=None, seconds=10, **members):
        """Calls and returns the one reply."""
        before = len(self.replies)
        self.call(routing_key, method, arguments, **members)
        return self.wait(before + 1, seconds)[-1]

    def stop(self):
        if self.connection.is_open:
            self.connection.close()
