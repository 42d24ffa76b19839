"""A child process whose lines are collected while it runs."""

import contextlib
import os
import select
import subprocess
import threading
import time

from harness.waiting import until


def inherited():
    """Our environment without the gateway's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RPC_GATEWAY_")}
    # Half of the start of a Python peer is a resolver of eventlet's, which none of them uses.
    return {**kept, "EVENTLET_NO_GREENDNS": "yes"}


class Output:
    """The lines of a stream of a child, each handed to `take` once, in a thread of its own or in the one that asks for them."""

    def __init__(self, stream, take):
        self.stream = stream
        self.descriptor = stream.fileno()
        self.take = take
        self.rest = b""
        self.ended = False
        self.reading = threading.Lock()
        os.set_blocking(self.descriptor, False)
        self.follower = threading.Thread(target=self._follow, daemon=True)
        self.follower.start()

    def catch_up(self):
        """Takes all that the child had written when this was called."""
        with self.reading:
            with contextlib.suppress(BlockingIOError):
                while not self.ended:
                    piece = os.read(self.descriptor, 1 << 16)
                    self.ended = not piece
                    self._split(piece)

    def _split(self, piece):
        *lines, self.rest = (self.rest + piece).split(b"\n")
        if self.ended and self.rest:
            lines.append(self.rest)
        for line in lines:
            self.take(line.decode(errors="replace"))

    def _follow(self):
        readable = select.poll()
        readable.register(self.descriptor, select.POLLIN)
        while not self.ended:
            readable.poll()
            self.catch_up()


class Process:
    def __init__(self, command, environment=None, stdin=subprocess.DEVNULL, pass_fds=()):
        self.child = subprocess.Popen(
            [str(word) for word in command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**inherited(), **(environment or {})},
            text=True,
            errors="replace",
            pass_fds=pass_fds,
        )
        self.lines = []
        self.errors = []
        self.output = Output(self.child.stdout, self._take)
        self.complaints = Output(self.child.stderr, self.errors.append)

    def _take(self, line):
        """A line of standard output."""
        self.lines.append(line)

    @contextlib.contextmanager
    def ended_on_failure(self):
        """What goes wrong while it starts must not leave it behind."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    @property
    def running(self):
        return self.child.poll() is None

    def wait_for_line(self, matches, seconds):
        """The first line of standard output for which matches(line) is true."""

        def look():
            found = next((line for line in list(self.lines) if matches(line)), None)
            assert found or self.running, f"ended with {self.child.returncode}:\n" + self.said()
            return found

        return until(look, seconds, what="a line of output:\n" + self.said())

    def said(self):
        return "\n".join(self.lines[-50:] + self.errors[-200:])

    def memory(self):
        """Resident memory in MiB."""
        with open(f"/proc/{self.child.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

    def descriptors(self):
        """How many it has open."""
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def processor_seconds(self):
        """The processor's time that it has taken so far, as exact as the scheduler counts it."""
        # What clock_getcpuclockid(3) makes of a process: its number inverted, above three bits of which 2 is the scheduler.
        return time.clock_gettime((~self.child.pid << 3) | 2)

    def signal(self, number):
        self.child.send_signal(number)

    def stop(self, seconds=15):
        """Ends the process politely, then not; returns its exit status."""
        if self.running:
            self.child.terminate()
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(5)
        for stream in (self.output, self.complaints):
            stream.follower.join(5)
        return self.child.returncode
