"""Real oslo.messaging peers that send notifications and listen for them."""

import json
import subprocess

from harness import places
from harness.process import Process
from harness.waiting import until


class Notifier(Process):
    """A real notifier that does what it is told."""

    def __init__(self, url, *topics, release="18.3.1", driver="messagingv2", **options):
        command = [places.python(release), places.PEERS / "oslo_notifier.py", "--url", url, "--driver", driver]
        for topic in topics:
            command += ["--topic", topic]
        for name, value in options.items():
            command += [f"--{name}", value]
        super().__init__(command, stdin=subprocess.PIPE)
        with self.ended_on_failure():
            self.wait_for_line(lambda line: line == "READY", 40)
        self.done = 0

    def send(self, priority, event, payload=None, seconds=30, **command):
        self.child.stdin.write(json.dumps({"priority": priority, "event": event, "payload": payload, **command}) + "\n")
        self.child.stdin.flush()
        self.done += 1
        until(lambda: len(self.lines) > self.done, seconds, what=f"the notifier sends:\n{self.said()}")


class Listener(Process):
    """A real notification listener; `told` is what it was told."""

    def __init__(self, url, *topics, release="18.3.1", priorities=(), flags=(), **options):
        command = [places.python(release), places.PEERS / "oslo_notification_listener.py", "--url", url, *flags]
        for topic in topics:
            command += ["--topic", topic]
        for priority in priorities:
            command += ["--priority", priority]
        for name, value in options.items():
            command += [f"--{name}", value]
        super().__init__(command)
        with self.ended_on_failure():
            self.wait_for_line(lambda line: line == "READY", 40)

    @property
    def told(self):
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def wait_for(self, count, seconds=10):
        until(lambda: len(self.told) >= count, seconds, what=f"{count} notifications:\n{self.said()}")
        return self.told
