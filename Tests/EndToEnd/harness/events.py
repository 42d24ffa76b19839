"""Server-Sent Events, read as a browser would, with nothing between the test and the bytes."""

import collections
import http.client
import json
import socket
import threading

from harness.waiting import until

Event = collections.namedtuple("Event", "id type data")


class Refused(Exception):
    """The answer was no stream."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body[:300]}")
        self.status = status
        self.problem = json.loads(body)


class Events:
    """One stream; `events` and `comments` grow while it runs. `paused` readers read nothing after the head."""

    def __init__(self, gateway, path, headers=None, paused=False, receive_bytes=None, source="127.0.0.1"):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
        self.socket = self.connection.sock = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(60)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", gateway.port))
        self.connection.request("GET", path, headers={"Accept": "text/event-stream", **(headers or {})})
        self.response = self.connection.getresponse()
        if self.response.status != 200:
            body = self.response.read()
            self.connection.close()
            raise Refused(self.response.status, body)
        self.events = []
        self.comments = []
        self.retry = None
        self.ended = threading.Event()
        self.cut = False
        self.go_on = threading.Event()
        if not paused:
            self.go_on.set()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        self.go_on.wait()
        fields = {}
        try:
            for line in iter(self.response.readline, b""):
                line = line.decode().rstrip("\n")
                if line:
                    self._take(line, fields)
                elif "data" in fields:
                    self.events.append(Event(fields.get("id"), fields.get("event", "message"), fields["data"]))
                    fields.clear()
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            self.cut = True
        self.ended.set()

    def _take(self, line, fields):
        name, _, value = line.partition(": ")
        if not name:
            self.comments.append(value)
        elif line.startswith(":"):
            self.comments.append(line[1:].strip())
        elif name == "retry":
            self.retry = int(value)
        else:
            assert name in ("id", "event", "data") and name not in fields, line
            fields[name] = value

    @property
    def notifications(self):
        """What was notified, as objects."""
        return [json.loads(event.data) for event in list(self.events) if event.id]

    def of_type(self, name):
        return [json.loads(event.data) for event in list(self.events) if event.type == name]

    def wait_for(self, count, seconds=10):
        """The first so many notifications."""
        until(lambda: len(self.notifications) >= count, seconds, what=f"{count} events, {len(self.events)} came")
        return self.notifications[:count]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.go_on.set()
        self.reader.join(10)
        self.response.close()
        self.connection.close()
