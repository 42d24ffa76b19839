"""The gateway as a process, and the questions the tests put to it."""

import json
import re

from harness import http, places
from harness.process import Process
from harness.waiting import until

LISTENING = re.compile(r"listening on https?://127\.0\.0\.1:(\d+)")


class Gateway(Process):
    """`rpc-gateway serve` on a free port. Keywords are settings: rpc_max_in_flight=1 is RPC_GATEWAY_RPC_MAX_IN_FLIGHT.

    `descriptors` is the hard limit of open files; `through` are the words of a command that becomes the gateway; `tls` is the
    context that it is spoken to with.
    """

    def __init__(self, url, *options, wait_until_ready=True, descriptors=None, through=(), tls=None, **settings):
        self.tls = tls
        environment = {f"RPC_GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
        command = [places.executable(), "serve", "--listen", "127.0.0.1:0", *options]
        if descriptors:
            command = ["prlimit", f"--nofile={descriptors}", *command]
        super().__init__([*through, *command] + (["--transport-url", url] if url else []), environment)
        with self.ended_on_failure():
            line = self.wait_for_line(LISTENING.search, 20)
            self.port = int(LISTENING.search(line)[1])
            if wait_until_ready:
                self.wait_until_ready()

    def wait_until_ready(self, seconds=15):
        try:
            until(lambda: self.get("/readyz").status == 200, seconds)
        except AssertionError as error:
            raise AssertionError(f"not ready: {self.get('/readyz').body}\n{self.said()}") from error

    def request(self, method, path, body=None, headers=None, timeout=90, source=None, tls=None):
        return http.request(self.port, method, path, body, headers, timeout, source, tls or self.tls)

    def post(self, path, arguments=b"{}", headers=None, timeout=90, source=None, tls=None):
        """A call or cast; arguments are bytes as they are, or something to write as JSON."""
        body = arguments if isinstance(arguments, bytes) else json.dumps(arguments).encode()
        fields = {"Content-Type": "application/json", **(headers or {})}
        return self.request("POST", path, body, fields, timeout, source, tls)

    def get(self, path, headers=None, timeout=30, tls=None):
        return self.request("GET", path, None, headers, timeout, tls=tls)

    @property
    def base(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"


def result(answer):
    """The result of a call that went well, as it was written."""
    assert answer.status == 200, (answer.status, answer.body[:2000])
    assert answer.headers["Content-Type"] == "application/json"
    return answer.body


PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "origin", "executed", "retryable", "request_id"}


def problem(answer, status, code, origin=None, executed=None, retryable=None):
    """Checks an error answer against the contract and returns its members."""
    assert answer.status == status, (answer.status, answer.body[:2000])
    assert answer.headers["Content-Type"] == "application/problem+json"
    members = answer.json()
    assert members["status"] == status
    assert members["code"] == code, members
    assert members["type"] == f"urn:rpc-gateway:problem:{code}"
    assert members["title"] and isinstance(members["title"], str)
    assert members["origin"] in ("gateway", "broker", "remote")
    assert members["executed"] in ("no", "maybe", "yes")
    assert isinstance(members["retryable"], bool)
    assert not members["retryable"] or members["executed"] == "no", members
    for name, expected in (("origin", origin), ("executed", executed), ("retryable", retryable)):
        assert expected is None or members[name] == expected, (name, members)
    assert (answer.headers["Retry-After"] is not None) == (status in (429, 503)), dict(answer.headers)
    assert (answer.headers["Allow"] is not None) == (status == 405), dict(answer.headers)
    return members
