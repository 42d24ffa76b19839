"""The broker crashes and comes back, and the reply queue is deleted: no restart of the gateway, and only honest answers."""

import concurrent.futures
import contextlib
import socket
import threading
import time

import pytest

from harness.gateway import problem, result
from harness.modes import MODES
from harness.places import refusing_port
from harness.waiting import until


@pytest.fixture(scope="module")
def host(own_broker):
    return own_broker.make_virtual_host("loss")


class Load:
    """Threads that call without a pause, each call with a number of its own."""

    def __init__(self, gateway, path, threads=8):
        self.gateway = gateway
        self.path = path
        self.end = threading.Event()
        self.lock = threading.Lock()
        self.answers = []
        self.numbers = iter(range(10**9))
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        while not self.end.is_set():
            with self.lock:
                number = next(self.numbers)
            started = time.monotonic()
            answer = self.gateway.post(self.path, {"value": number}, {"Rpc-Timeout": "3"}, timeout=20)
            with self.lock:
                self.answers.append((started, number, answer))
            if answer.status != 200:
                time.sleep(0.01)

    def stop(self):
        self.end.set()
        for thread in self.threads:
            thread.join(25)
            assert not thread.is_alive(), "a call hangs"
        return self.answers


def check_honesty(answers, ran):
    """What an answer says of the execution agrees with what the server took."""
    seen = {}
    for _, number, answer in answers:
        if answer.status == 200:
            assert result(answer) == str(number).encode()
            assert number in ran
            seen["200"] = seen.get("200", 0) + 1
            continue
        assert answer.status in (503, 504), answer.body.decode()
        members = problem(answer, answer.status, answer.code)
        assert members["code"] in (
            "broker-unavailable",
            "delivery-unknown",
            "undeliverable",
            "no-consumers",
            "messaging-timeout",
        ), members
        if members["executed"] == "no":
            assert number not in ran, ("said not to be executed, yet it ran", number, members)
        seen[members["code"]] = seen.get(members["code"], 0) + 1
    return seen


@pytest.mark.parametrize("mode", ["default", *MODES])
def test_a_crash_of_the_broker_under_load(family, own_broker, host, figure, mode):
    server = family.verbatim_server(host.amqp_url, f"load-{mode}")
    real = family.oslo_server(host.url(), "real", "alpha")
    gateway = family.gateway(host.url(), **MODES.get(mode, {}))
    result(gateway.post(f"/load-{mode}/echo", {"value": -1}))
    memory = gateway.memory()
    load = Load(gateway, f"/load-{mode}/echo")
    until(lambda: len(load.answers) >= 500, 20)
    own_broker.run("kill9")
    killed = time.monotonic()
    until(lambda: gateway.get("/readyz").status == 503, 5)
    assert gateway.get("/healthz").status == 200
    until(lambda: sum(answer.status != 200 for _, _, answer in list(load.answers)) >= 50, 20)
    own_broker.run("spawn")
    until(own_broker.accepts, 60, 0.01)
    accepted = time.monotonic()
    # The queue is not durable: it is there again as soon as its server is, which is the server's own business.
    until(lambda: server.lines.count("READY") >= 2, 20)
    served = time.monotonic()
    until(lambda: gateway.get("/readyz").status == 200, 10)
    ready = time.monotonic()
    until(lambda: any(a.status == 200 and at > served for at, _, a in list(load.answers)), 10)
    again = time.monotonic()
    until(lambda: any(at > again + 1.1 for at, _, _ in load.answers[-50:]), 10)
    answers = load.stop()
    assert gateway.running
    ran = {call["arguments"]["value"] for call in server.calls}
    seen = check_honesty(answers, ran)
    first = min(at + a.seconds for at, _, a in answers if a.status == 200 and at > killed + 0.5)
    figure(
        f"{seen}; after AMQP was accepted: server {served - accepted:.2f} s, first result {first - accepted:.2f} s, "
        f"ready {ready - accepted:.2f} s; memory {memory:.0f} -> {gateway.memory():.0f} MiB"
    )
    assert first - max(accepted, served) < 2
    assert first - accepted < 2 or served - accepted > 1
    late = [a for at, _, a in answers if at > first + 1]
    assert late and all(a.status == 200 for a in late)
    until(lambda: gateway.post("/real/whoami", headers={"Rpc-Timeout": "2"}).status == 200, 60, 0.2)
    assert real.running


@pytest.mark.beside
def test_calls_in_flight_when_the_broker_crashes_end(family, own_broker, host):
    server = family.oslo_server(host.url(), "flight", "alpha")
    gateway = family.gateway(host.url())
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        slow = [pool.submit(gateway.post, "/flight/sleep", {"seconds": 30}, {"Rpc-Timeout": "4"}) for _ in range(10)]
        server.wait_for_calls("sleep", 10)
        own_broker.run("kill9")
        for one in slow:
            answer = one.result(15)
            assert answer.status in (503, 504)
            problem(answer, answer.status, answer.code, executed="maybe", retryable=False)
            assert answer.seconds < 6
    problem(gateway.post("/flight/none", headers={"Rpc-Timeout": "1"}), 503, "broker-unavailable", "broker", "no", True)
    problem(gateway.post("/flight/none:cast", headers={"Rpc-Timeout": "1"}), 503, "broker-unavailable", "broker", "no", True)
    own_broker.run("restart")
    until(lambda: gateway.get("/readyz").status == 200, 5)


@pytest.mark.beside
def test_connections_cut_while_calls_wait(family, own_broker, host):
    server = family.oslo_server(host.url(), "cut", "alpha")
    tap = family.tap(own_broker.port)
    gateway = family.gateway(host.url(tap.port))
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        slow = [pool.submit(gateway.post, "/cut/sleep", {"seconds": 3}, {"Rpc-Timeout": "15"}) for _ in range(5)]
        server.wait_for_calls("sleep", 5)
        tap.drop()
        # The reply queue outlives its connection, so the replies are there when the gateway is back.
        for one in slow:
            assert result(one.result(20)) == b"3"


class ReadinessWatch:
    """Asks /readyz all the time and remembers what it says."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.states = []
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.end.is_set():
            self.states.append((time.monotonic(), self.gateway.get("/readyz").status))

    def stop(self):
        self.end.set()
        self.thread.join(5)


def delete_reply_queue(host):
    """Deletes the reply queue that has a consumer; returns when."""
    (name,) = [queue for queue, consumers in host.queues().items() if queue.startswith("reply_") and consumers]
    with host.channel() as channel:
        channel.queue_delete(name)
    return time.monotonic()


def test_the_reply_queue_deleted_by_hand(family, own_broker, figure):
    host = own_broker.make_virtual_host("deleted")
    family.oslo_server(host.url(), "deleted", "alpha")
    gateway = family.gateway(host.url())
    result(gateway.post("/deleted/none"))
    deleted = delete_reply_queue(host)
    until(lambda: gateway.post("/deleted/none", headers={"Rpc-Timeout": "1"}).status == 200, 5)
    figure(f"a call is answered {time.monotonic() - deleted:.3f} s after the deletion")
    assert gateway.get("/readyz").status == 200


def test_readiness_tells_of_a_deleted_reply_queue(family, own_broker, figure):
    host = own_broker.make_virtual_host("deleted-slowly")
    family.oslo_server(host.url(), "deleted", "alpha")
    tap = family.tap(own_broker.port)
    gateway = family.gateway(host.url(tap.port))
    result(gateway.post("/deleted/none"))
    before = host.reply_queues()
    # A slow network makes the gap between notice and cure wide enough to be looked into.
    tap.delay = 0.15
    watch = ReadinessWatch(gateway)
    deleted = delete_reply_queue(host)
    until(lambda: any(status == 503 for _, status in watch.states), 5, what="/readyz notices")
    until(lambda: watch.states[-1][1] == 200, 5, what="/readyz recovers")
    watch.stop()
    noticed = next(at for at, status in watch.states if status == 503)
    healed = next(at for at, status in watch.states if at > noticed and status == 200)
    figure(f"with answers 0.15 s late: noticed after {noticed - deleted:.2f} s, healed after {healed - deleted:.2f} s")
    assert healed - deleted < 5
    # Replies that are on their way find the queue again under its name.
    assert host.reply_queues() == before
    result(gateway.post("/deleted/none", headers={"Rpc-Timeout": "3"}))


@pytest.mark.beside
def test_a_call_survives_the_deletion_of_its_reply_queue(family, host):
    server = family.oslo_server(host.url(), "survives", "alpha")
    gateway = family.gateway(host.url())
    result(gateway.post("/survives/none"))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gateway.post, "/survives/sleep", {"seconds": 3}, {"Rpc-Timeout": "15"})
        server.wait_for_call("sleep")
        with host.channel() as channel:
            for name in host.reply_queues():
                channel.queue_delete(name)
        assert result(slow.result(20)) == b"3"


def test_a_broker_that_falls_silent(family, own_broker, host):
    family.oslo_server(host.url(), "silent", "alpha")
    tap = family.tap(own_broker.port)
    gateway = family.gateway(host.url(tap.port))
    result(gateway.post("/silent/none"))
    tap.hold_everything()
    for _ in range(3):
        answer = gateway.post("/silent/none", headers={"Rpc-Timeout": "1"})
        assert answer.status in (503, 504) and answer.seconds < 3, answer.body
    for path, status in (("/healthz", 200), ("/-/health/silent", 503)):
        answer = gateway.get(path)
        assert answer.status == status and answer.seconds < 2.5
    tap.release()
    until(lambda: gateway.post("/silent/none", headers={"Rpc-Timeout": "2"}).status == 200, 10)


def test_a_frozen_broker_is_told_by_probe_metric_and_log(family, own_broker, host, figure):
    gateway = family.gateway(host.url(), health_ready_within_ms=2000)

    def said(words):
        gateway.complaints.catch_up()
        return [line for line in gateway.errors if words in line]

    def connected():
        (line,) = [line for line in gateway.get("/metrics").body.decode().splitlines() if line.startswith("broker_connected ")]
        return line.split()[1]

    assert connected() == "1"
    own_broker.freeze()
    frozen = time.monotonic()
    try:
        until(lambda: gateway.get("/readyz").status == 503, 5)
        seen = time.monotonic()
        assert connected() == "0"
        until(lambda: said("the broker is silent"), 5)
        told = time.monotonic()
        assert gateway.get("/healthz").status == 200
    finally:
        own_broker.thaw()
    until(lambda: gateway.get("/readyz").status == 200, 10)
    assert connected() == "1"
    until(lambda: said("messages of our own come back"), 5)
    assert len(said("the broker is silent")) == 1, gateway.said()
    figure(f"/readyz and broker_connected {seen - frozen:.1f} s after the freeze, the log {told - frozen:.1f} s")


def test_the_virtual_host_is_deleted_and_made_again(family, own_broker, figure):
    host = own_broker.make_virtual_host("again")
    gateway, slowest = None, 0
    # What is declared while the host is being deleted may stay behind in a state in which it serves nobody.
    for _ in range(6):
        server = family.verbatim_server(host.amqp_url, "again")
        gateway = gateway or family.gateway(host.url())
        served = time.monotonic()
        until(lambda: gateway.post("/again/echo", {"value": 1}, {"Rpc-Timeout": "1"}).status == 200, 2)
        slowest = max(slowest, time.monotonic() - served)
        for number in range(4):
            assert result(gateway.post("/again/echo", {"value": number}, {"Rpc-Timeout": "5"})) == str(number).encode()
        server.stop()
        host.delete()
        until(lambda: gateway.get("/readyz").status == 503, 5)
        host.make()
    figure(f"a call is answered {slowest:.2f} s after its server is back, at the most")


@pytest.mark.beside
def test_a_broker_that_does_not_know_of_the_loss(family, own_broker):
    host = own_broker.make_virtual_host("deserted")
    family.verbatim_server(host.amqp_url, "deserted")
    tap = family.tap(own_broker.port)
    gateway = family.gateway(host.url(tap.port))
    result(gateway.post("/deserted/echo", {"value": 1}))
    before = host.reply_queues()
    tap.desert()
    until(lambda: gateway.post("/deserted/echo", {"value": 1}, {"Rpc-Timeout": "1"}).status == 200, 5)
    # The dead consumer would get every second reply of a queue that it shares.
    for number in range(20):
        assert result(gateway.post("/deserted/echo", {"value": number}, {"Rpc-Timeout": "3"})) == str(number).encode()
    assert set(host.reply_queues()) > set(before)
    assert gateway.get("/readyz").status == 200


@pytest.mark.beside
def test_the_gateway_may_start_before_the_broker(family, own_broker, host):
    own_broker.run("kill9")
    gateway = family.gateway(host.url(), wait_until_ready=False)
    assert gateway.get("/healthz").status == 200
    problem(gateway.get("/readyz"), 503, "not-ready")
    own_broker.run("restart")
    until(lambda: gateway.get("/readyz").status == 200, 5)


@pytest.mark.beside
@pytest.mark.parametrize("dead_first", [True, False])
def test_the_other_host_of_the_url_serves(family, own_broker, host, dead_first):
    family.oslo_server(host.url(), "hosts", "alpha")
    with refusing_port() as dead:
        hosts = [f"guest:guest@127.0.0.1:{port}" for port in (dead, own_broker.port)]
        url = "rabbit://" + ",".join(hosts if dead_first else reversed(hosts)) + "/" + host.name
        for _ in range(3):
            gateway = family.gateway(url)
            result(gateway.post("/hosts/none"))


@contextlib.contextmanager
def mute_port():
    """A port that takes connections and never says anything, as a frozen broker does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


def test_a_host_that_never_answers_costs_a_second(family, own_broker, host, figure):
    family.oslo_server(host.url(), "mute", "alpha")
    with mute_port() as mute:
        url = f"rabbit://guest:guest@127.0.0.1:{mute},guest:guest@127.0.0.1:{own_broker.port}/{host.name}"
        first, after_loss = [], []
        # The order of the hosts is drawn: of five gateways nearly always some begin with each of them.
        for _ in range(5):
            started = time.monotonic()
            gateway = family.gateway(url)
            result(gateway.post("/mute/none"))
            first.append(time.monotonic() - started)
            host.close_connections()
            lost = time.monotonic()
            until(lambda: gateway.get("/readyz").status == 200, 10)
            until(lambda: gateway.post("/mute/none", headers={"Rpc-Timeout": "2"}).status == 200, 10)
            after_loss.append(time.monotonic() - lost)
            gateway.stop()
    figure(f"first result after {max(first):.2f} s at the most, after a loss {max(after_loss):.2f} s")
    # Each of the connections for sending, replies and looks may meet the silent host once, and the others learn of it.
    assert max(first) < 4
    assert max(after_loss) < 4
