"""A TCP proxy for AMQP that writes down every method and can behave as a bad network does."""

import dataclasses
import socket
import struct
import threading
import time

import pika.amqp_object
import pika.data
import pika.exceptions
import pika.frame

_thread = threading.local()
_decode_value = pika.data.decode_value


def _decode_typed(encoded, offset):
    """As pika's, but on a tap's threads a value comes with its AMQP type letter, which pika forgets."""
    letter = encoded[offset : offset + 1]
    value, offset = _decode_value(encoded, offset)
    if getattr(_thread, "typed", False):
        return (letter.decode(), value), offset
    return value, offset


pika.data.decode_value = _decode_typed


@dataclasses.dataclass
class Event:
    """One AMQP method, with its content where it has some."""

    at: float
    connection: int
    from_client: bool
    name: str
    arguments: dict
    properties: dict | None = None
    body: bytes = b""
    channel: int = 0


def _fields(thing):
    return {key: value for key, value in vars(thing).items() if not key.startswith("_")}


class _Decoder:
    def __init__(self, emit):
        self.emit = emit
        self.buffer = b""
        self.waiting = {}

    def feed(self, data):
        self.buffer += data
        while self.buffer:
            consumed, frame = pika.frame.decode_frame(self.buffer)
            if frame is None:
                return
            self.buffer = self.buffer[consumed:]
            self.take(frame)

    def take(self, frame):
        if isinstance(frame, pika.frame.Method):
            name = frame.method.NAME
            if name in ("Basic.Publish", "Basic.Deliver", "Basic.Return"):
                self.waiting[frame.channel_number] = [name, _fields(frame.method), None, b"", 0]
            else:
                self.emit(name, _fields(frame.method), channel=frame.channel_number)
        elif isinstance(frame, pika.frame.Header):
            content = self.waiting[frame.channel_number]
            content[2] = {key: value for key, value in _fields(frame.properties).items() if value is not None}
            content[4] = frame.body_size
            self.finish(frame.channel_number)
        elif isinstance(frame, pika.frame.Body):
            self.waiting[frame.channel_number][3] += frame.fragment
            self.finish(frame.channel_number)

    def finish(self, channel):
        name, arguments, properties, body, size = self.waiting[channel]
        if len(body) == size:
            del self.waiting[channel]
            self.emit(name, arguments, properties, body, channel)


class Tap:
    """Listens on `port` and passes everything on to the broker.

    `hold_answers` keeps back what the broker says, `delay` is how many seconds that takes; `refuse` resets new connections
    and `refused` counts them; `drop()` resets those there are, `desert()` only the clients' ends.
    """

    def __init__(self, broker_port):
        self.broker_port = broker_port
        self.events = []
        self.lock = threading.Lock()
        self.pairs = {}
        self.deserted = {}
        self.refuse = False
        self.refused = 0
        self.delay = 0
        self.passing = threading.Event()
        self.passing.set()
        self.requests_passing = threading.Event()
        self.requests_passing.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def named(self, *names, from_client=True):
        """The events of these methods so far, in their order."""
        with self.lock:
            return [e for e in self.events if e.name in names and e.from_client == from_client]

    def clear(self):
        with self.lock:
            self.events.clear()

    def hold_answers(self):
        self.passing.clear()

    def hold_everything(self):
        self.passing.clear()
        self.requests_passing.clear()

    def release(self):
        self.passing.set()
        self.requests_passing.set()

    def drop(self):
        for pair in list(self.pairs.values()):
            for one in pair:
                _reset(one)

    def desert(self):
        """Resets the clients' ends; the broker hears nothing of it and holds its own for alive."""
        pairs = dict(self.pairs)
        self.deserted.update((number, broker) for number, (_, broker) in pairs.items())
        for client, _ in pairs.values():
            _reset(client)

    def close(self):
        self.refuse = True
        self.listener.close()
        self.drop()
        for broker in self.deserted.values():
            _reset(broker)
        self.release()

    def _accept(self):
        number = 0
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                self.refused += 1
                _reset(client)
                client.close()
                continue
            try:
                broker = socket.create_connection(("127.0.0.1", self.broker_port), 5)
            except OSError:
                _reset(client)
                client.close()
                continue
            broker.settimeout(None)
            number += 1
            self.pairs[number] = (client, broker)
            for source, sink, from_client in ((client, broker, True), (broker, client, False)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                arguments = (number, source, sink, from_client)
                threading.Thread(target=self._pump, args=arguments, daemon=True).start()

    def _pump(self, number, source, sink, from_client):
        _thread.typed = True
        decoder = _Decoder(self._emitter(number, from_client))
        gate = self.requests_passing if from_client else self.passing
        try:
            while data := source.recv(65536):
                decoder.feed(data)
                gate.wait()
                if self.delay and not from_client:
                    time.sleep(self.delay)
                sink.sendall(data)
        except OSError:
            pass
        for one in () if number in self.deserted else (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.pairs.pop(number, None)

    def _emitter(self, number, from_client):
        def emit(name, arguments, properties=None, body=b"", channel=0):
            event = Event(time.monotonic(), number, from_client, name, arguments, properties, body, channel)
            with self.lock:
                self.events.append(event)

        return emit


def _reset(one):
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
