"""A child process whose lines are collected while it runs."""

import contextlib
import os
import subprocess
import threading

from harness.waiting import until


def inherited():
    """Our environment without the gateway's settings and the tests' own variables, which are no settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RPC_GATEWAY_")}


class Process:
    def __init__(self, command, environment=None, stdin=subprocess.DEVNULL):
        self.child = subprocess.Popen(
            [str(word) for word in command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**inherited(), **(environment or {})},
            text=True,
            errors="replace",
        )
        self.lines = []
        self.errors = []
        self.readers = [
            threading.Thread(target=self._collect, args=pair, daemon=True)
            for pair in ((self.child.stdout, self.lines), (self.child.stderr, self.errors))
        ]
        for reader in self.readers:
            reader.start()

    def _collect(self, stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

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
        for reader in self.readers:
            reader.join(5)
        return self.child.returncode
