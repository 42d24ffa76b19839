"""Servers on the other side of the broker."""

import json
import sys

from harness import places
from harness.process import Process
from harness.waiting import until


class Peer(Process):
    """A server process; `calls` is what it says it ran."""

    def __init__(self, command, topic, server, environment=None):
        super().__init__(command, environment)
        self.topic = topic
        self.server = server
        with self.ended_on_failure():
            self.wait_for_line(lambda line: line == "READY", 40)

    @property
    def calls(self):
        # A peer says that it runs a call before it answers it, so what was answered is in here.
        self.output.catch_up()
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def wait_for_calls(self, method, count, seconds=5):
        """Waits until it has begun to run the method so many times."""
        ran = lambda: sum(call["method"] == method for call in self.calls)  # noqa: E731
        until(lambda: ran() >= count, seconds, what=f"{self.server} runs {method} {count} times")

    def wait_for_call(self, method, seconds=5, **arguments):
        """The first call of the method whose arguments include these."""

        def look():
            for call in self.calls:
                if call["method"] == method and arguments.items() <= call["arguments"].items():
                    return call
            return None

        return until(look, seconds, what=f"{self.server} runs {method}({arguments})")


def oslo_server(url, topic, server, *options, release="18.3.1", environment=None):
    """A real oslo.messaging server of the given release."""
    command = [places.python(release), places.PEERS / "oslo_server.py"]
    return Peer([*command, "--url", url, "--topic", topic, "--server", server, *options], topic, server, environment)


def oslo_policy_server(url, topic, server):
    """A service whose methods oslo.policy allows or not."""
    return Peer([places.python("18.3.1"), places.PEERS / "oslo_policy_server.py", "--url", url, "--topic", topic, "--server", server], topic, server)


def verbatim_server(amqp_url, topic, server="verbatim", *options):
    """The server that answers by hand; it needs pika, so it runs with the tests' own interpreter."""
    command = [sys.executable, places.PEERS / "verbatim_server.py"]
    return Peer([*command, "--url", amqp_url, "--topic", topic, "--server", server, *options], topic, server)
