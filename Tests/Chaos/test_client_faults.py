"""Clients that leave, crawl and flood; others must be answered as before."""

import contextlib
import random
import socket
import threading

import pytest

HEAD = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\nRpc-Timeout: %d\r\n\r\n"


def request(path, body=b"{}", timeout=60):
    return HEAD % (path.encode(), len(body), timeout) + body


class Crowd:
    """Raw connections of strangers, from an address of their own."""

    def __init__(self, stage):
        self.port = stage.gateway.port
        self.random = random.Random(f"{stage.seed}/crowd")
        self.clients = []
        self.ends = threading.Event()

    def open(self):
        client = socket.socket()
        client.settimeout(5)
        client.bind(("127.0.0.2", 0))
        client.connect(("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    def close(self):
        self.ends.set()
        for client in self.clients:
            client.close()


@contextlib.contextmanager
def crowd(stage, behave):
    """A thread in which `behave(crowd)` goes on again and again until the context ends."""
    members = Crowd(stage)
    rounds = []

    def run():
        while not members.ends.is_set():
            with contextlib.suppress(OSError):
                behave(members)
            rounds.append(1)
            members.ends.wait(0.005)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
        assert rounds
    finally:
        members.close()
        thread.join(10)


def leave(members):
    """Asks for something that takes long, and goes."""
    client = members.open()
    client.sendall(request("/hanging/sleep", b'{"seconds": 20}', 20))
    members.clients.remove(client)
    client.close()


def leave_within_a_request(members):
    client = members.open()
    whole = request("/quick/echo", b'{"other": 1}')
    client.sendall(whole[: members.random.randrange(1, len(whole))])
    members.clients.remove(client)
    client.close()


def crawl(members):
    """Two hundred connections that each send a byte now and then."""
    while len(members.clients) < 200:
        members.open()
    whole = request("/quick/echo", b'{"value": "crawler"}')
    for client in members.random.sample(members.clients, 20):
        position = members.random.randrange(len(whole))
        client.sendall(whole[position : position + 1])


def read_nothing(members):
    """Connections that ask for much and read none of it."""
    if len(members.clients) < 50:
        client = members.open()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /-/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)


def flood(members):
    """Connections that come and go at once, a part of them with a request that fails."""
    client = members.open()
    members.clients.remove(client)
    client.sendall(members.random.choice([b"", b"\x16\x03\x01\x02", b"GET / HTTP/1.1\r\n\r\n", request("/nobody/none", timeout=1)]))
    client.close()


def pipeline(members):
    """One connection with a hundred requests at once."""
    client = members.open()
    client.sendall(request("/-/nothing", timeout=1) * 100)
    with contextlib.suppress(TimeoutError):
        client.recv(65536)
    members.clients.remove(client)
    client.close()


BEHAVIOURS = {
    "leave": leave,
    "leave within a request": leave_within_a_request,
    "crawl": crawl,
    "read nothing": read_nothing,
    "flood": flood,
    "send a hundred requests at once": pipeline,
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_clients(stage, behaviour):
    stage.open()
    stage.serve_really("hanging")
    stage.spare(crowd(stage, BEHAVIOURS[behaviour]), 500)
    stage.judge()
