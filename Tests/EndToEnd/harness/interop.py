"""Clients and servers of the interoperability matrix: Python's of two releases, ours, and the gateway, all told alike."""

import concurrent.futures
import itertools
import json
import os
import subprocess
import threading
import urllib.parse

from harness import places
from harness.gateway import Gateway
from harness.peer import Peer
from harness.process import Process

# Longer than any command may take.
PATIENCE = 90


def swift_peer():
    """The executable of Tests/Interop/InteropPeer."""
    given = os.environ.get("GATEWAY_TEST_INTEROP_PEER")
    return given or str(places.ROOT / ".build" / "release" / "InteropPeer")


def peer_command(language, mode):
    """What starts a peer: `language` is `swift` or a release of oslo.messaging."""
    if language == "swift":
        return [swift_peer(), mode]
    return [places.python(language), places.PEERS / {"client": "oslo_client.py", "server": "interop_server.py"}[mode]]


class Outcome:
    """What came of a command: the result, or the error as the client describes it."""

    def __init__(self, members):
        self.members = members

    @property
    def error(self):
        return self.members.get("error")

    @property
    def result(self):
        assert "result" in self.members, self.members
        return json.loads(self.members["result"])

    @property
    def remote(self):
        """The server's exception."""
        assert self.error and self.error.get("remote"), self.members
        return self.error["remote"]

    @property
    def raised(self):
        return f"{self.remote['module']}.{self.remote['class']}"


class Told:
    """Something that performs commands: `start` returns a future, the rest wait for it."""

    def call(self, topic, method, arguments=None, **options):
        return self.start("call", topic, method, arguments, **options).result(PATIENCE)

    def cast(self, topic, method, arguments=None, **options):
        return self.start("cast", topic, method, arguments, **options).result(PATIENCE)

    def fanout(self, topic, method, arguments=None, **options):
        return self.start("fanout", topic, method, arguments, **options).result(PATIENCE)

    def ping(self, topic, **options):
        return self.start("ping", topic, "oslo_rpc_server_ping", None, **options).result(PATIENCE)


class ToldClient(Told, Process):
    """A client process that takes commands on its standard input."""

    def __init__(self, language, url, environment=None):
        self.futures = {}
        self.numbers = itertools.count(1)
        self.writing = threading.Lock()
        command = [*peer_command(language, "client"), url]
        super().__init__(command, environment, stdin=subprocess.PIPE)
        with self.ended_on_failure():
            self.wait_for_line(lambda line: line == "READY", 40)
        threading.Thread(target=self._listen, daemon=True).start()

    def _take(self, line):
        if line.startswith("{"):
            outcome = json.loads(line)
            self.futures.pop(outcome["id"]).set_result(Outcome(outcome))
        else:
            super()._take(line)

    def _listen(self):
        self.child.wait()
        for future in list(self.futures.values()):
            future.cancel()

    def start(self, operation, topic, method, arguments=None, /, context=None, timeout=20, monitor=None, **more):
        target = {"topic": topic, **{key: more.pop(key) for key in list(more) if key in TARGET}}
        future = concurrent.futures.Future()
        with self.writing:
            number = next(self.numbers)
            self.futures[number] = future
            command = {"id": number, "op": operation, "target": target, "method": method, "args": arguments or {}}
            command |= {"context": context or {}, "timeout": timeout, **({"monitor": monitor} if monitor else {}), **more}
            self.child.stdin.write(json.dumps(command) + "\n")
            self.child.stdin.flush()
        return future

    def stop(self, seconds=15):
        self.child.stdin.close()
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        return super().stop(seconds)


TARGET = ("exchange", "namespace", "version", "server")


class ToldGateway(Told):
    """The same commands as HTTP requests."""

    def __init__(self, url):
        self.gateway = Gateway(url, errors_expose_traceback="true")
        self.pool = concurrent.futures.ThreadPoolExecutor(16)

    def start(self, operation, topic, method, arguments=None, **options):
        return self.pool.submit(self._perform, operation, topic, method, arguments, **options)

    def _perform(self, operation, topic, method, arguments, /, context=None, timeout=20, monitor=None, server=None, **target):
        middle = "/*" if operation == "fanout" else f"/{http_text(server)}" if server else ""
        query = "&".join(f"{key}={http_text(value)}" for key, value in target.items())
        path = f"/{http_text(topic)}{middle}/{http_text(method)}" + (":cast" if operation in ("cast", "fanout") else "")
        headers = {"Rpc-Timeout": str(timeout), **({"Rpc-Call-Monitor": str(monitor)} if monitor else {})}
        if context:
            headers["Rpc-Context"] = json.dumps(context)
        answer = self.gateway.post(path + (f"?{query}" if query else ""), arguments or {}, headers, timeout=PATIENCE)
        if answer.status < 300:
            return Outcome({"result": answer.body.decode() if answer.status == 200 else "null"})
        problem = answer.json()
        members = {name: problem[name] for name in ("status", "code", "origin", "executed", "retryable")}
        remote = problem.get("exception")
        return Outcome({"error": {"class": problem["code"], "text": problem["detail"], **members, "remote": remote}})

    def stop(self):
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.gateway.stop()


def http_text(text):
    return urllib.parse.quote(text, safe="")


def interop_server(language, url, *targets, options=(), environment=None):
    """A server process of a language for `topic/server` or `topic/server@exchange`."""
    words = [word for target in targets for word in ("--target", target)]
    command = [*peer_command(language, "server"), url, *words, *options]
    topic, _, server = targets[0].partition("/")
    peer = Peer(command, topic, server, environment)
    peer.language = language
    return peer


def plain(text, traceback):
    """A text without the traceback that Python's clients put into it, in each of the ways in which they do."""
    joined = "\n".join(traceback)
    for form in (joined, repr(joined)[1:-1], str(traceback)):
        text = text.replace(form, "<traceback>")
    return text


def comparable(outcome):
    """An outcome as something that has to be equal whoever the server was: without the frames of its traceback."""
    if outcome.error is None:
        return {"result": spelled(outcome.result)}
    error = dict(outcome.error)
    remote = error.get("remote")
    if remote is None:
        return {key: value for key, value in error.items() if key not in ("text", "args")}
    traceback = remote["traceback"]
    assert isinstance(traceback, list) and all(isinstance(line, str) for line in traceback), traceback
    error["text"] = plain(error["text"], traceback)
    if "args" in error:
        error["args"] = [plain(value, traceback) if isinstance(value, str) else value for value in error["args"]]
    error["remote"] = {**remote, "traceback": traceback[-1:]}
    return error


def spelled(value):
    """Equal for two values only where they have the same types and order too."""
    return json.dumps(value)
