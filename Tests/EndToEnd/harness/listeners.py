"""A gateway that listens in other places than one port, and requests that reach it there."""

import http.client
import json
import socket
import sys
import time

from harness import places
from harness.http import Answer
from harness.process import Process
from harness.waiting import until

# Puts descriptors where a process that is activated looks for them, and becomes that process, whose number has to be known.
ACTIVATE = """
import fcntl, os, sys
names, *words = sys.argv[1:]
pairs = [pair.rpartition("=") for pair in names.split(",")]
copies = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 100) for _, _, number in pairs]
for place, copy in enumerate(copies, 3):
    os.dup2(copy, place, inheritable=True)
    os.close(copy)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(pairs)), LISTEN_FDNAMES=":".join(name for name, _, _ in pairs))
os.execv(words[0], words)
"""


class Connection(http.client.HTTPConnection):
    """To a port, or to the path of a Unix socket."""

    def __init__(self, place, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.place = place

    def connect(self):
        self.sock = connect(self.place, self.timeout)


def connect(place, timeout=30):
    if isinstance(place, int):
        return socket.create_connection(("127.0.0.1", place), timeout)
    client = socket.socket(socket.AF_UNIX)
    try:
        client.settimeout(timeout)
        client.connect(str(place))
    except BaseException:
        client.close()
        raise
    return client


def ask(place, method, path, body=None, headers=None, timeout=30):
    """One request on a connection of its own."""
    connection = Connection(place, timeout)
    started = time.monotonic()
    try:
        fields = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, body, {**fields, **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read(), time.monotonic() - started)
    finally:
        connection.close()


def call(place, value=1, **keywords):
    """A call whose result is its argument."""
    answer = ask(place, "POST", "/demo/local/echo", json.dumps({"value": value}).encode(), **keywords)
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()


class Listening(Process):
    """`rpc-gateway serve` with the demonstration inside, listening at addresses.

    `passed` are sockets by their names; `ports` are those that the kernel chose, in the order of the addresses.
    """

    def __init__(self, listen, *options, passed=None, through=(), url="memory://", **settings):
        environment = {f"RPC_GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
        addresses = [listen] if isinstance(listen, str) else listen
        words = [word for address in addresses for word in ("--listen", address)]
        command = [*through, places.executable(), "serve", *words, "--transport-url", url, *options]
        descriptors = [one.fileno() for one in (passed or {}).values()]
        if passed:
            names = ",".join(f"{name}={one.fileno()}" for name, one in passed.items())
            command = [sys.executable, "-c", ACTIVATE, names, *command]
        super().__init__(command, environment, pass_fds=descriptors)

    def wait(self, lines):
        """Waits until it says where it listens, in so many lines."""
        with self.ended_on_failure():
            until(lambda: len(self.places) >= lines or not self.running, 20)
            assert len(self.places) >= lines, self.said()
        return self

    @property
    def places(self):
        return [line.partition(" on ")[2] for line in list(self.lines) if line.startswith(("listening on ", "administration on "))]

    @property
    def ports(self):
        return [int(place.rpartition(":")[2]) for place in self.places if place.startswith("http")]
