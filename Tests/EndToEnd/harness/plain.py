"""Servers of plain AMQP."""

import sys

from harness import places
from harness.peer import Peer
from harness.waiting import until


class PikaServer(Peer):
    """`pika_server.py`; `calls` is what it was sent."""

    def wait_for_requests(self, count, seconds=5):
        until(lambda: len(self.calls) >= count, seconds, what=f"{count} requests at {self.topic}")
        return self.calls


def pika_server(amqp_url, queue="rpc_queue", behaviour="tutorial"):
    """A server that consumes from a queue; it needs pika, so it runs with the tests' own interpreter."""
    command = [sys.executable, places.PEERS / "pika_server.py"]
    return PikaServer([*command, "--url", amqp_url, "--queue", queue, "--behaviour", behaviour], queue, behaviour)
