"""A gateway with 256 descriptors and more clients than that: probes, calls and the broker's connections get theirs."""

import os
import resource
import socket
import threading
import time

import pytest

from harness import http
from harness.gateway import problem, result
from harness.waiting import until

DESCRIPTORS = 256
CROWD = 300
PROBES = ("/healthz", "/readyz", "/metrics")
SILENT = b""
HALF = b"POST /crowd/alpha/echo HTTP/1.1\r\nHost: localhost\r\nX-Y"
LISTEN = b"GET /-/notifications/%d HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
KEPT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module", autouse=True)
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "crowd", "alpha", "--threads", "300", "--quiet")


@pytest.fixture(params=[1, 3], ids=["one-loop", "three-loops"])
def gateway(request, family, vhost):
    return family.gateway(vhost.url(), descriptors=DESCRIPTORS, http_loops=request.param)


@pytest.fixture
def crowd():
    """Opens connections that say the same, and closes them at the end."""
    clients = []

    def open_many(gateway, data, count=CROWD, source="127.0.0.1"):
        opened = []
        for _ in range(count):
            opened.append(socket.create_connection(("127.0.0.1", gateway.port), 10, (source, 0)))
            clients.append(opened[-1])
            opened[-1].sendall(data)
        return opened

    yield open_many
    for client in clients:
        client.close()


def check_probes(gateway, paths=PROBES, rounds=20):
    """Every probe is answered; gives the slowest answer's seconds."""
    answers = [gateway.get(path, timeout=5) for _ in range(rounds) for path in paths]
    assert {answer.status for answer in answers} == {200}, [answer.body for answer in answers if answer.status != 200][:3]
    return max(answer.seconds for answer in answers)


def check_log(gateway):
    """What happens hundreds of times is logged once."""
    said = [line for line in gateway.errors if "connections are short" in line]
    assert len(said) <= 2 and len(gateway.errors) < 20, gateway.said()


def threads(gateway):
    return len(os.listdir(f"/proc/{gateway.child.pid}/task"))


def metric(gateway, name):
    text = gateway.get("/metrics").body.decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


def call(gateway, value):
    return gateway.post("/crowd/alpha/echo", {"value": value}, timeout=10)


def answered(client):
    """The whole answer on a connection, None if there is none."""
    received = b""
    try:
        while True:
            more = client.recv(65536)
            received += more
            answers, _ = http.split(received)
            if answers or not more:
                return answers[0] if answers else None
    except ConnectionResetError:
        return None


@pytest.mark.parametrize("data", [SILENT, KEPT], ids=["silent", "kept-alive"])
def test_idle_connections_make_room(gateway, crowd, data, figure):
    crowd(gateway, data)
    slowest = check_probes(gateway)
    for number in range(50):
        assert result(call(gateway, number)) == b"%d" % number
    assert gateway.descriptors() < DESCRIPTORS
    assert metric(gateway, "http_server_connections_replaced_total") >= CROWD - DESCRIPTORS
    check_log(gateway)
    figure(f"{metric(gateway, 'http_server_connections'):.0f} connections, slowest probe {slowest * 1000:.0f} ms")


def test_requests_that_do_not_arrive_make_room_after_a_second(gateway, crowd):
    crowd(gateway, HALF)
    check_probes(gateway)

    def served():
        answer = call(gateway, 1)
        assert answer.status == 200 or problem(answer, 503, "overloaded", executed="no", retryable=True)
        return answer.status == 200

    until(served, 5)
    check_log(gateway)


def test_a_connection_that_is_closed_is_not_lost_silently(gateway, crowd):
    """One that never said anything is told why; one between two requests just ends."""
    first = crowd(gateway, SILENT)[0]
    assert problem(answered(first), 503, "overloaded", executed="no")
    kept = crowd(gateway, KEPT)
    assert answered(kept[0]).status == 200
    assert answered(kept[0]) is None


def test_a_clients_many_connections_cost_others_none(gateway, crowd):
    quiet = crowd(gateway, KEPT, count=3, source="127.0.0.2")
    for client in quiet:
        assert answered(client).status == 200
    for client in crowd(gateway, KEPT):
        assert answered(client).status == 200
    for client in quiet:
        client.sendall(KEPT)
        assert answered(client).status == 200


@pytest.mark.beside
def test_busy_connections_are_never_closed_for_others(gateway, crowd):
    body = b'{"seconds": 4}'
    head = b"POST /crowd/alpha/sleep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    busy = crowd(gateway, head % len(body) + body)
    check_probes(gateway)
    problem(call(gateway, 1), 503, "overloaded", executed="no", retryable=True)
    answers = [answered(client) for client in busy]
    served = [answer for answer in answers if answer and answer.status == 200]
    assert len(served) > DESCRIPTORS // 4
    for answer in answers:
        assert answer and (answer.status == 200 or problem(answer, 503, "overloaded", executed="no"))
    assert result(call(gateway, 1)) == b"1"
    check_log(gateway)


@pytest.mark.parametrize("topics", [1, CROWD], ids=["one-topic", "many-topics"])
def test_listeners_leave_room(gateway, crowd, topics, figure):
    until(lambda: call(gateway, 0).status == 200)
    before = threads(gateway)
    answers = []
    for number in range(CROWD):
        [client] = crowd(gateway, LISTEN % (number % topics), count=1)
        head = client.recv(65536)
        answers.append(int(head.split()[1]))
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")), head
        if answers[-1] == 503:
            assert b'"overloaded"' in head + (b"" if b"}" in head else client.recv(65536))
    assert answers.count(200) >= 30 and answers.count(503) >= 100
    check_probes(gateway)
    for number in range(20):
        assert result(call(gateway, number)) == b"%d" % number
    # Threads that connect end by themselves.
    until(lambda: threads(gateway) <= before + 2, 10)
    assert gateway.descriptors() < DESCRIPTORS
    check_log(gateway)
    figure(f"{answers.count(200)} of {CROWD} listen, {gateway.descriptors()} descriptors, {threads(gateway)} threads")


@pytest.mark.beside
@pytest.mark.parametrize("data", [KEPT, LISTEN], ids=["kept-alive", "listeners"])
def test_the_broker_gets_its_connections_back(family, crowd, own_broker, data, figure):
    host = own_broker.make_virtual_host("descriptors")
    gateway = family.gateway(host.url(), descriptors=DESCRIPTORS)
    ends = threading.Event()

    def say(number):
        # Not from 127.0.0.1: one of so many ports may be the one on which the broker comes back.
        crowd(gateway, data % number if data is LISTEN else data, count=1, source="127.0.0.2")

    def keep_coming():
        number = 2 * CROWD
        while not ends.is_set():
            number += 1
            say(number)
            ends.wait(0.01)

    for number in range(CROWD):
        say(CROWD + number)
    others = threading.Thread(target=keep_coming, daemon=True)
    others.start()
    try:
        check_probes(gateway)
        own_broker.run("kill9")
        until(lambda: gateway.get("/readyz").status == 503)
        check_probes(gateway, ("/healthz", "/metrics"))
        own_broker.run("restart")
        started = time.monotonic()
        until(lambda: gateway.get("/readyz").status == 200, 30)
        figure(f"ready {time.monotonic() - started:.1f} s after the broker")
        check_probes(gateway)
        assert gateway.descriptors() < DESCRIPTORS
    finally:
        ends.set()
        others.join(20)
    assert gateway.stop() == 0


def test_connections_are_accepted_again_when_the_crowd_has_gone(gateway, crowd):
    clients = crowd(gateway, KEPT)
    for client in clients:
        client.close()
    until(lambda: metric(gateway, "http_server_connections") <= 2)
    clients = crowd(gateway, KEPT, count=50)
    assert all(answered(client).status == 200 for client in clients)


def test_a_limit_that_is_too_low_is_said(family, vhost):
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > DESCRIPTORS
    gateway = family.gateway(vhost.url(), descriptors=DESCRIPTORS)
    assert any("fewer open files allowed than connections" in line for line in gateway.errors), gateway.said()
