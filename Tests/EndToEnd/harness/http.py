"""HTTP with nothing between the test and the bytes."""

import dataclasses
import email.message
import http.client
import json
import socket
import time


@dataclasses.dataclass
class Answer:
    status: int
    headers: email.message.Message
    body: bytes
    seconds: float = 0

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The problem's code, None for an answer that is not a problem."""
        return self.json()["code"] if self.status >= 400 else None


def connect(port, timeout=90, source=None, tls=None):
    """A connection that is not made yet, over TLS where there is a context for it."""
    address = source and (source, 0)
    if tls:
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, source_address=address, context=tls)
    return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout, source_address=address)


def request(port, method, path, body=None, headers=None, timeout=90, source=None, tls=None):
    """One request on a connection of its own; nothing but what is given is added, apart from Host and Content-Length.

    `source` is the address that it comes from.
    """
    connection = connect(port, timeout, source, tls)
    started = time.monotonic()
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        data = response.read()
        return Answer(response.status, response.headers, data, time.monotonic() - started)
    finally:
        connection.close()


def exchange(port, data, timeout=5, half_close=False, source=None, tls=None):
    """Sends raw bytes; returns (answers, closed): the whole answers that came, and whether the other side closed.

    `data` may be a list: then each part is a write of its own. `source` is the address that it comes from.
    """
    bodies = not (isinstance(data, bytes) and data.startswith(b"HEAD "))
    connection = socket.create_connection(("127.0.0.1", port), timeout, source and (source, 0))
    if tls:
        connection = tls.wrap_socket(connection, server_hostname="127.0.0.1")
    with connection:
        received = b""
        closed = False
        try:
            for part in data if isinstance(data, list) else [data]:
                connection.sendall(part)
                time.sleep(0.02 if isinstance(data, list) else 0)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(timeout)
            while True:
                more = connection.recv(65536)
                if not more:
                    closed = True
                    break
                received += more
                if not split(received, bodies)[1]:
                    # Whole answers only: give the other side a moment to close or to say more.
                    connection.settimeout(0.3)
        except TimeoutError:
            pass
        except (ConnectionResetError, BrokenPipeError):
            closed = True
        return split(received, bodies)[0], closed


def split(data, bodies=True):
    """Splits bytes into whole answers; returns them and the rest. Without bodies they are those to HEAD."""
    answers = []
    while b"\r\n\r\n" in data:
        head, rest = data.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        status = int(lines[0].split()[1])
        headers = email.message.Message()
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            headers[name.decode("latin-1")] = value.strip().decode("latin-1")
        if status < 200:
            data = rest
            continue
        if not bodies:
            body = b""
        elif headers.get("Transfer-Encoding", "").lower() == "chunked":
            body, rest = unchunk(rest)
            if body is None:
                break
        else:
            length = int(headers.get("Content-Length", "0"))
            if len(rest) < length:
                break
            body, rest = rest[:length], rest[length:]
        answers.append(Answer(status, headers, body))
        data = rest
    return answers, data


def unchunk(data):
    body = b""
    while True:
        size, found, data = data.partition(b"\r\n")
        if not found:
            return None, data
        length = int(size, 16)
        if len(data) < length + 2:
            return None, data
        body, data = body + data[:length], data[length + 2 :]
        if length == 0:
            return body, data
