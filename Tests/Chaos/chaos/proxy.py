"""A TCP proxy that behaves as bad networks do. What it does to bytes may be changed at any time, for all connections at once."""

import asyncio
import dataclasses
import random
import socket
import struct
import threading

PIECE = 65_536


@dataclasses.dataclass(frozen=True)
class Manners:
    """How bytes pass, each way. The default is a good network.

    `loss` is the share of pieces that come `again` seconds late, with all behind them: as TCP makes loss look to its users.
    While there is a `hole` nothing passes, and all of it does afterwards. `rate` is in bytes a second; `single` passes one byte a
    segment.
    """

    latency: float = 0
    loss: float = 0
    again: float = 0.4
    rate: int = 0
    single: bool = False
    hole: bool = False


GOOD = Manners()


class Proxy:
    """Listens on `port` of the loopback interface and passes everything on to `target`, with `manners`."""

    def __init__(self, target, seed=0):
        self.target = target
        self.manners = GOOD
        self.refuse = False
        self.random = random.Random(f"{seed}/proxy")
        self.cuts = {}
        self.swallowed = set()
        self.links = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self):
        self.done = asyncio.Event()
        server = await asyncio.start_server(self._accept, sock=self.listener)
        await self.done.wait()
        server.close()
        for link in list(self.links):
            link.reset()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _accept(self, reader, writer):
        if self.refuse:
            return _reset(writer)
        try:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return _reset(writer)
        link = _Link(self, (reader, writer), (broker_reader, broker_writer))
        self.links.add(link)
        await link.run()
        self.links.discard(link)

    def _later(self, what):
        self.loop.call_soon_threadsafe(what)

    def drop(self):
        """Resets all connections there are."""
        self._later(lambda: [link.reset() for link in list(self.links)])

    def cut_in_a_frame(self, most=200):
        """Each connection passes a few more bytes from the client and is reset in the middle of what it sends then."""
        self._later(lambda: [link.cut_after(self.random.randrange(1, most)) for link in list(self.links)])

    def swallow(self):
        """The connections there are pass nothing any more and nobody is told; new ones are good."""
        self._later(lambda: [link.swallow() for link in list(self.links)])

    def close(self):
        self._later(lambda: self.done.set())
        self.thread.join(10)

    stop = close


class _Link:
    """One connection and its twin to the target."""

    def __init__(self, proxy, client, broker):
        self.proxy = proxy
        self.client, self.broker = client, broker
        self.left = None
        self.swallowing = False
        for _, writer in (client, broker):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def run(self):
        ways = [self._pass(self.client[0], self.broker[1], True), self._pass(self.broker[0], self.client[1], False)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        self.reset()

    def reset(self):
        for _, writer in (self.client, self.broker):
            _reset(writer)

    def swallow(self):
        self.swallowing = True

    def cut_after(self, count):
        self.left = count

    async def _pass(self, reader, writer, from_client):
        """Reads ahead of the writer as far as a network would hold."""
        flight = asyncio.Queue(256)
        sending = asyncio.ensure_future(self._send(flight, writer))
        try:
            while data := await reader.read(PIECE):
                if self.swallowing:
                    continue
                if from_client and self.left is not None:
                    data, self.left = data[: self.left], self.left - len(data)
                await flight.put((asyncio.get_running_loop().time(), data))
                if self.left is not None and self.left <= 0:
                    break
            await flight.put(None)
            await sending
        except OSError:
            pass
        finally:
            sending.cancel()

    async def _send(self, flight, writer):
        while item := await flight.get():
            came, data = item
            while self.proxy.manners.hole:
                await asyncio.sleep(0.02)
            manners = self.proxy.manners
            wait = came + manners.latency - asyncio.get_running_loop().time()
            if manners.loss and self.proxy.random.random() < manners.loss:
                wait = max(wait, 0) + manners.again
            if wait > 0:
                await asyncio.sleep(wait)
            for piece in _pieces(data, manners):
                writer.write(piece)
                await writer.drain()
                if manners.rate:
                    await asyncio.sleep(len(piece) / manners.rate)
                elif manners.single:
                    await asyncio.sleep(0)


def _pieces(data, manners):
    size = 1 if manners.single else max(1, manners.rate // 20) if manners.rate else len(data)
    return (data[start : start + size] for start in range(0, len(data), size))


def _reset(writer):
    connection = writer.get_extra_info("socket")
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    writer.transport.abort()
