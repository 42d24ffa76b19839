"""Clients: connections that send one request after the other over raw HTTP/1.1, and write down what came of each."""

import asyncio
import collections
import dataclasses
import json
import random
import threading
import time

from chaos import history
from chaos.history import CALL, CAST, Attempt
from harness.waiting import until

# No load sends more requests than that, or longer.
MOST_REQUESTS = 500_000
MOST_SECONDS = 4_000
# How long a client waits beyond its deadline before it gives a request up as unanswered.
PATIENCE = 15.0
# How often a client sends the same work again.
MOST_ATTEMPTS = 4
HEAD_LIMIT = 65_536


@dataclasses.dataclass(frozen=True)
class Ask:
    """A kind of request. `wants` is the body of its 200 where that is not the mark."""

    topic: str
    method: str = "echo"
    kind: str = CALL
    keyed: bool = False
    arguments: dict = dataclasses.field(default_factory=dict)
    query: str = ""
    fields: tuple = ()
    timeout: float = 3.0
    wants: str | None = None

    @property
    def path(self):
        return f"/{self.topic}/{self.method}{':cast' if self.kind == CAST else ''}{self.query}"

    def message(self, mark, key):
        body = json.dumps({"value": mark, **self.arguments}).encode()
        fields = [
            f"POST {self.path} HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"Rpc-Timeout: {self.timeout:g}",
            *self.fields,
        ]
        if key:
            fields.append(f"Idempotency-Key: {key}")
        return "\r\n".join(fields).encode() + b"\r\n\r\n" + body


def everyday(*topics, timeout=3.0):
    """Calls, casts and calls under a key, to each of the topics."""
    asks = []
    for topic in topics:
        asks += [Ask(topic, timeout=timeout), Ask(topic, kind=CAST, timeout=timeout), Ask(topic, keyed=True, timeout=timeout)]
    return asks


class Load:
    """So many connections that each send the asks in turn, about `rate` requests a second together, until `stop()`.

    `port` may be changed at any time: the next request goes there. The history is in `attempts`, in the order of the ends.
    """

    def __init__(self, port, asks, connections=16, rate=120, seed=0, name="c", source=None):
        self.port = port
        self.asks = list(asks)
        self.pause = connections / rate
        self.seed = seed
        self.name = name
        self.source = (source, 0) if source else None
        self.attempts = []
        self.sent = 0
        self.ends = threading.Event()
        self.until = time.monotonic() + MOST_SECONDS
        self.thread = threading.Thread(target=self._run, args=(connections,), daemon=True)
        self.broken = None
        self.thread.start()

    def _run(self, connections):
        try:
            asyncio.run(self._all(connections))
        except BaseException as error:
            self.broken = error
            raise

    async def _all(self, connections):
        await asyncio.gather(*(_Client(self, number).run() for number in range(connections)))

    @property
    def over(self):
        return self.ends.is_set() or self.sent >= MOST_REQUESTS or time.monotonic() > self.until

    def wait_for(self, more=100, good=False, topic=None, seconds=60):
        """Waits until so many more requests have ended, good ones only on demand."""
        seen = 0
        position = len(self.attempts)

        def enough():
            nonlocal seen, position
            assert self.broken is None, self.broken
            while position < len(self.attempts):
                attempt = self.attempts[position]
                seen += (not good or attempt.good) and topic in (None, attempt.topic)
                position += 1
            return seen >= more

        try:
            until(enough, seconds)
        except AssertionError as error:
            last = collections.Counter((a.topic, a.status, a.code, a.detail, a.failure) for a in self.attempts[-50:])
            wanted = f"{more} more {'good ' if good else ''}requests of {topic or 'all'}, {seen} came"
            raise AssertionError(f"{wanted}, {error}; the last answers: {last}") from error

    def stop(self):
        """Lets all requests under way end; returns the history."""
        self.ends.set()
        longest = max(ask.timeout for ask in self.asks)
        self.thread.join(longest + PATIENCE + 10)
        assert not self.thread.is_alive(), "a client does not end"
        assert self.broken is None, self.broken
        return self.attempts


class _Client:
    """One connection at a time, one request at a time."""

    def __init__(self, load, number):
        self.load = load
        self.number = number
        self.random = random.Random(f"{load.seed}/{load.name}/{number}")
        self.streams = None

    async def run(self):
        await asyncio.sleep(self.random.random() * self.load.pause)
        turn = self.number
        while not self.load.over:
            turn += 1
            mark = f"{self.load.name}{self.number}-{turn}"
            await self._work(self.load.asks[turn % len(self.load.asks)], mark)
        await self._close()

    async def _work(self, ask, mark):
        """Sends the same work until it is known what came of it, at times once more when it is known."""
        port = self.load.port
        for _ in range(MOST_ATTEMPTS):
            began = time.monotonic()
            attempt = await self._attempt(ask, mark, port)
            self.load.attempts.append(attempt)
            await asyncio.sleep(max(0.01, self.load.pause * (0.5 + self.random.random()) - (time.monotonic() - began)))
            # What an instance promises of work that was sent to it, another does not know of.
            if self.load.over or port != self.load.port or not self._again(ask, attempt):
                return

    def _again(self, ask, attempt):
        if attempt.failure == history.REFUSED:
            return False
        if attempt.says == "maybe" or attempt.retryable:
            return self.random.random() < 0.5
        return ask.keyed and not attempt.replayed and self.random.random() < 0.25

    async def _attempt(self, ask, mark, port):
        key = mark if ask.keyed else None
        self.load.sent += 1
        started = time.monotonic()
        told = {"failure": history.REFUSED}
        try:
            async with asyncio.timeout(ask.timeout + PATIENCE):
                reader, writer = await self._connection(port)
                told = {"failure": history.LOST}
                writer.write(ask.message(mark, key))
                await writer.drain()
                told = await self._answer(reader, ask, mark)
        except TimeoutError:
            told = {"failure": history.SILENT}
        except (OSError, asyncio.IncompleteReadError):
            pass
        except (ValueError, asyncio.LimitOverrunError) as error:
            told = {"status": 0, "wrong": f"unreadable: {error!r}"}
        if told.pop("close", True):
            await self._close()
        return Attempt(mark, ask.topic, ask.kind, started, time.monotonic(), ask.timeout, key, **told)

    async def _connection(self, port):
        if self.streams and self.streams[2] != port:
            await self._close()
        if not self.streams:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=HEAD_LIMIT, local_addr=self.load.source)
            self.streams = reader, writer, port
        return self.streams[:2]

    async def _answer(self, reader, ask, mark):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        body = await reader.readexactly(int(fields["content-length"]) if "content-length" in fields else _no_length(fields))
        told = {
            "status": status,
            "replayed": fields.get("idempotency-replayed") == "true",
            # What is there behind a whole answer, before anything else was asked, belongs to nobody.
            "surplus": len(reader._buffer),
            # One client in four has a new connection for each request.
            "close": fields.get("connection", "").lower() == "close" or self.number % 4 == 0,
        }
        return {**told, **_read(status, fields, body, json.dumps(mark) if ask.wants is None else ask.wants)}

    async def _close(self):
        if self.streams:
            self.streams[1].close()
            self.streams = None


def _no_length(fields):
    raise ValueError(f"an answer without Content-Length: {fields}")


def _read(status, fields, body, wants):
    """What an answer's body tells, and what is wrong with it."""
    if status == 200:
        return {} if body.decode() == wants else {"wrong": f"body {body[:80]!r}, not {wants[:80]!r}"}
    if status == 202:
        return {} if not body else {"wrong": f"body {body[:80]!r}"}
    if fields.get("content-type") != "application/problem+json":
        return {"wrong": f"type {fields.get('content-type')}"}
    members = json.loads(body)
    told = {name: members.get(name) for name in ("code", "detail", "executed", "retryable")}
    return told if members.get("status") == status else {**told, "wrong": f"status {members.get('status')} in the document"}
