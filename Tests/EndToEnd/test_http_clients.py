"""Clients that send half a request, or nothing good, in numbers: they cost no processor time and nobody else anything."""

import socket
import threading
import time

import pytest

from harness.waiting import until

HEAD = b"POST /clients/alpha/echo HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
COUNT = 1000

UNFINISHED = {
    "nothing": b"",
    "request-line": b"POST /clients/al",
    "head": HEAD + b"X-Y: z",
    "empty-line": b"\r",
    "body": HEAD + b"Content-Length: 100\r\n\r\n{",
    "chunk-size": CHUNKED + b"0" * 500,
    "chunk-extension": CHUNKED + b"1;" + b"a" * 500,
    "chunk": CHUNKED + b"ff\r\n{",
    "chunk-end": CHUNKED + b"1\r\n{\r",
    "trailer": CHUNKED + b"2\r\n{}\r\n0\r\nX: y",
}

TOO_LONG = {
    "chunk-extension": (CHUNKED + b"1;" + b"a" * 8200, b"400"),
    "chunk-size": (CHUNKED + b"0" * 8200, b"400"),
    "method": (b"A" * 8200, b"501"),
    "target": (b"GET /" + b"a" * 9000, b"414"),
    "field": (HEAD + b"X: " + b"a" * 17000, b"431"),
}


def metric(gateway, name):
    (line,) = (line for line in gateway.get("/metrics").body.decode().splitlines() if line.startswith(name + " "))
    return float(line.split()[1])


@pytest.fixture(scope="module", autouse=True)
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "clients", "alpha", "--quiet")


class Victim:
    """Calls one after the other, beside the others."""

    def __init__(self, gateway):
        self.gateway, self.answers, self.ends = gateway, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ends.is_set():
            self.answers.append(self.gateway.post("/clients/alpha/echo", {"value": 1}))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join(20)
        assert {answer.status for answer in self.answers} == {200}


@pytest.fixture
def clients(gateway):
    opened = []

    def connect(data, count):
        for _ in range(count):
            opened.append(socket.create_connection(("127.0.0.1", gateway.port), 10))
            opened[-1].sendall(data)
        return opened

    yield connect
    for client in opened:
        client.close()


@pytest.mark.parametrize("kind", UNFINISHED)
def test_a_request_that_does_not_come_costs_no_processor_time(gateway, clients, figure, kind):
    clients(UNFINISHED[kind], COUNT)
    until(lambda: metric(gateway, "http_server_connections") >= COUNT)
    before, began = gateway.processor_seconds(), time.monotonic()
    with Victim(gateway) as victim:
        until(lambda: time.monotonic() - began > 1)
    calls = len(victim.answers)
    used = (gateway.processor_seconds() - before) / (time.monotonic() - began)
    figure(f"{100 * used:.0f} % of a core, {calls} calls a second beside {COUNT} connections")
    # The calls themselves take 0.2 ms each at the most.
    assert used < 0.1 + calls * 0.0004


@pytest.mark.parametrize("kind", TOO_LONG)
def test_what_is_too_long_is_refused_at_once(gateway, clients, kind):
    data, status = TOO_LONG[kind]
    with Victim(gateway) as victim:
        for client in clients(data, 300):
            client.settimeout(10)
            assert client.recv(65536).split(b" ")[1] == status
    assert max(answer.seconds for answer in victim.answers) < 0.5


def test_an_upload_leaves_others_their_turn(gateway, figure):
    """Eight clients upload 15 MB each, over and over; all that comes of it is that the end is missing."""
    body = b'{"value": "' + b"a" * 15_000_000
    ends = threading.Event()

    def upload():
        while not ends.is_set():
            assert gateway.post("/clients/alpha/echo", body).status == 400

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        slowest = max(gateway.get("/healthz").seconds for _ in range(200))
    finally:
        ends.set()
        for thread in threads:
            thread.join(60)
    figure(f"slowest probe {1000 * slowest:.0f} ms")
    assert slowest < 0.5


def test_callers_that_left_leave_their_places(family, vhost, figure):
    """Two thousand calls hold all places for ten minutes; their callers leave."""
    gateway = family.gateway(vhost.url(), rpc_max_in_flight=2000, rpc_max_in_flight_per_target=2000)
    family.oslo_server(vhost.url(), "leavers", "alpha", "--quiet")
    body = b'{"seconds": 600}'
    request = b"POST /leavers/alpha/sleep HTTP/1.1\r\nHost: localhost\r\nRpc-Timeout: 600\r\nContent-Type: application/json\r\n"
    request += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    callers = [socket.create_connection(("127.0.0.1", gateway.port), 10) for _ in range(2000)]
    for caller in callers:
        caller.sendall(request)
    until(lambda: gateway.get("/-/info").json()["in_flight"] == 2000)
    assert gateway.post("/other/method").json()["code"] == "overloaded"
    for caller in callers:
        caller.close()
    began = time.monotonic()
    until(lambda: gateway.get("/-/info").json()["in_flight"] == 0)
    figure(f"{1000 * (time.monotonic() - began):.0f} ms until the places were free")
    assert gateway.get("/-/info").json()["waiting_calls"] == 0
    assert gateway.post("/other/method").json()["code"] == "undeliverable"
    counts = [line for line in gateway.get("/metrics").body.decode().splitlines() if '"499"' in line and "_count" in line]
    assert sum(float(line.split()[-1]) for line in counts) == 2000
