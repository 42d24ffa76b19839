"""Memory and descriptors after many requests of all kinds are those of before.

GATEWAY_TEST_REQUESTS is how many there are.
"""

import os
import socket
import threading

import pytest

from harness.interop import interop_server
from harness.waiting import until

REQUESTS = int(os.environ.get("GATEWAY_TEST_REQUESTS", "20000"))
CLIENTS = 8
# What is made once is made by then: loops, connections, tables at their size, the allocator's pools.
WARM_UP = max(REQUESTS // 4, 10_000)
# In MiB: pages of the allocator's, not values that are kept.
MORE_MEMORY = 2.0
BIG = 200_000


def post(path, body=b"{}", *fields):
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


# One round: each request with the status that its answer has.
ROUND = [
    *[(post("/many/a/echo", b'{"value": [1, 2.50, "x"]}'), 200)] * 6,
    (post("/many/echo", b'{"value": {"a": null}}', 'Rpc-Context: {"user_id": "u"}'), 200),
    (post("/many/a/kwargs?version=1.0", b'{"\xc3\xa9": 1}', "X-Request-Id: mine"), 200),
    *[(post("/many/a/echo:cast", b'{"value": 1}'), 202)] * 3,
    (post("/many/a/nothing"), 404),
    (post("/many/a/_private"), 403),
    (post("/nobody/m"), 503),
    (post("/many/a/fail", b'{"kind": "value_error"}'), 500),
    (post("/many/a/echo", b'{"value": '), 400),
    (post("/many/a/echo", b'{"value": 1, "value": 2}'), 400),
    (post("/many/a/length", b'{"value": "' + b"x" * BIG + b'"}'), 200),
    (post("/many/a/big", b'{"n": %d}' % BIG), 200),
    (post("/-/jsonrpc", b'[{"jsonrpc": "2.0", "method": "many/a/echo", "id": 1}, 1]'), 200),
    (get("/healthz"), 200),
    (get("/no/such/place"), 405),
]
# Requests for which a connection ends, by its client or by the gateway.
LAST = [
    (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", True),
    (b"POST /many/a/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", True),
    (post("/many/a/sleep", b'{"seconds": 0.05}'), False),
    (post("/many/a/echo", b'{"value": 1}')[:-5], False),
    (b"", False),
]


def read_answer(stream):
    """Reads an answer and gives its status."""
    status = int(stream.readline().split()[1])
    length = 0
    while (line := stream.readline().strip()):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    assert len(stream.read(length)) == length
    return status


def make_requests(port, rounds):
    """Each round over a connection of its own; returns how many requests it were."""
    for number in range(rounds):
        with socket.create_connection(("127.0.0.1", port), 30) as client, client.makefile("rb") as stream:
            for request, status in ROUND:
                client.sendall(request)
                assert read_answer(stream) == status, request[:200]
            request, is_answered = LAST[number % len(LAST)]
            client.sendall(request)
            assert not is_answered or read_answer(stream) == 400
    return rounds * (len(ROUND) + 1)


def make_many(port, count):
    """From several clients at once."""
    failures = []

    def client():
        try:
            make_requests(port, count // CLIENTS // (len(ROUND) + 1))
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.fixture
def gateway(family, vhost):
    family.add(interop_server("swift", vhost.url(), "many/a"))
    return family.gateway(vhost.url(), log_level="error")


def test_nothing_grows(gateway, figure):
    make_many(gateway.port, WARM_UP)
    # What clients left behind is over.
    until(lambda: idle(gateway), 10, what="nothing is in flight")
    before = (gateway.memory(), gateway.descriptors())
    make_many(gateway.port, REQUESTS)
    until(lambda: idle(gateway), 10, what="nothing is in flight")
    until(lambda: gateway.descriptors() <= before[1], 10, what="descriptors are as before")
    after = (gateway.memory(), gateway.descriptors())
    figure(f"{REQUESTS} requests after {WARM_UP}: {before[0]:.1f} to {after[0]:.1f} MiB, {before[1]} to {after[1]} descriptors")
    assert after[0] <= before[0] + MORE_MEMORY


def idle(gateway):
    return gateway.get("/-/info").json()["in_flight"] == 0
