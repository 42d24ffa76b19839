#===----------------------------------------------------------------------===#
# This source file is part of the rpc-gateway project
# Licensed under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0
#===----------------------------------------------------------------------===#

"""The broker, the echo server and the gateway of one run; all on free loopback ports."""

import json
import pathlib
import shlex
import time
import urllib.error
import urllib.request

from harness.processes import Failure, Service, output_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "Benchmarks" / "peers"
TOPIC, SERVER = "bench", "echo1"
READY_LIMIT = 30
# How long the method `sleep` takes.
SLEEP_SECONDS = 8


def compile_peer(name, sources, folder):
    """Compiles a C program of peers/ and returns its path."""
    flags = shlex.split(output_of(["pkg-config", "--cflags", "--libs", "librabbitmq"], 20))
    files = [PEERS / source for source in sources]
    output_of(["cc", "-O2", "-Wall", "-Wextra", "-o", folder / name, *files, *flags], 120)
    return folder / name


class Broker:
    """A private RabbitMQ."""

    def __init__(self, folder, stack):
        self.variables = {"BROKER_DIR": str(folder / "broker")}
        # Registered before the start, which may be interrupted half way.
        stack.callback(self._tell, "stop")
        self._tell("start", limit=240)
        self.port = int(self._tell("port"))
        self.pid = int(self._tell("pid"))
        self.url = f"rabbit://guest:guest@127.0.0.1:{self.port}/"

    def _tell(self, *words, limit=60):
        return output_of([ROOT / "dev" / "broker", *words], limit, **self.variables)


def echo_server(folder, broker, stack):
    """The server that the floor and the gateway call."""
    sources = ["echo_server.c", "connection.c", "frames.c", "envelope_text.c", "fail.c"]
    service = Service([compile_peer("echo_server", sources, folder), broker.port, TOPIC, SERVER, SLEEP_SECONDS])
    stack.callback(service.stop)
    service.wait_for("^ready")
    return service


def swift_server(executable, broker, name, stack):
    """The demonstration service of `rpc-gateway demo`, which has the method that the floor calls."""
    words = ["--transport-url", broker.url, "--topic", TOPIC, "--server", name]
    service = Service([executable, "demo", *words])
    stack.callback(service.stop)
    service.wait_for("^serving")
    return service


def python_server(python, broker, name, stack):
    """Python's oslo.messaging server with the same method."""
    service = Service([python, PEERS / "oslo_server.py", broker.url, TOPIC, name], limit=30)
    stack.callback(service.stop)
    service.wait_for("^serving")
    return service


class Gateway:
    """`rpc-gateway serve`, ready when made."""

    def __init__(self, executable, url, path, stack):
        self.path = path
        self.service = Service([executable, "serve", "--listen", "127.0.0.1:0", "--transport-url", url])
        stack.callback(self.service.stop)
        self.base = self.service.wait_for(r"listening on (http://127\.0\.0\.1:\d+)")[1]
        self._wait_until_ready()

    @property
    def pid(self):
        return self.service.pid

    @property
    def url(self):
        return self.base + self.path

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_LIMIT
        while self._status("/-/ready") != 200:
            self.service.check()
            if time.monotonic() > deadline:
                raise Failure(f"the gateway is not ready after {READY_LIMIT} s: {self.service.said()}")
            time.sleep(0.05)

    def _status(self, path):
        try:
            with urllib.request.urlopen(self.base + path, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def check_echo(self):
        """One call whose result has to be what was sent: figures of wrong answers are worth nothing."""
        value = {"text": "a \"quoted\" \\ text", "list": [1, None, 2.5]}
        body = json.dumps({"value": value}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                result = json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read(2000).decode(errors="replace")
            raise Failure(f"echo through the gateway: {error.code} {told}") from None
        except (OSError, ValueError) as error:
            raise Failure(f"echo through the gateway: {error}") from None
        if result != value:
            raise Failure(f"echo through the gateway answered {result!r}")
