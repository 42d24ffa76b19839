# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Programs that are started, bounded in time and stopped."""

import os
import re
import signal
import subprocess
import tempfile
import threading


class Failure(Exception):
    """A benchmark that cannot go on; the text is for the person who started it."""


def environment():
    """Ours without the gateway's settings, which would change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RPC_GATEWAY_")}


def _start(command, **options):
    """A program in a session of its own, so that Ctrl-C does not reach it before we have decided what ends first."""
    try:
        return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                text=True, start_new_session=True, **options)
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from None


def output_of(command, limit, **variables):
    """Standard output of a program that has to end well within `limit` seconds."""
    process = _start(command, stderr=subprocess.PIPE, env={**environment(), **variables})
    try:
        output, errors = process.communicate(timeout=limit)
    except BaseException as error:
        # With whatever it has started, such as a build's compilers.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failure(f"{command[0]} did not end within {limit} s") from None
        raise
    if process.returncode != 0:
        raise Failure(f"{command[0]} failed ({process.returncode}): {(errors or output).strip()[-2000:]}")
    return output


class Service:
    """A program that runs until `stop`."""

    def __init__(self, command, limit=20, **variables):
        self.name = str(command[0])
        self.limit = limit
        self.errors = tempfile.TemporaryFile()
        self.lines = []
        self.news = threading.Condition()
        self.process = _start(command, stderr=self.errors, env={**environment(), **variables})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                # Enough for the lines of a start; a chatty program must not fill our memory.
                if len(self.lines) < 100:
                    self.lines.append(line)
                self.news.notify_all()

    @property
    def pid(self):
        return self.process.pid

    def wait_for(self, pattern):
        """The match of the first line that matches, within the limit."""
        def found():
            return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)
        with self.news:
            match = self.news.wait_for(lambda: found() or not self.reader.is_alive(), self.limit) and found()
        if not match:
            raise Failure(f"{self.name} does not say {pattern!r}: {self.said()}")
        return match

    def said(self):
        """The end of what it wrote to standard error."""
        size = os.fstat(self.errors.fileno()).st_size
        return os.pread(self.errors.fileno(), 2000, max(0, size - 2000)).decode(errors="replace").strip()

    def check(self):
        """Fails when it has ended."""
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended ({self.process.returncode}): {self.said()}")

    def stop(self):
        """SIGTERM, and SIGKILL when that does not end it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            try:
                self.process.wait(self.limit)
            except subprocess.TimeoutExpired:
                continue
        self.reader.join(1)
        self.errors.close()
