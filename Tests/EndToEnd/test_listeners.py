"""Where the gateway listens besides one port: Unix sockets, sockets of systemd, several of them, and those of administration."""

import concurrent.futures
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import pytest

from harness import http as raw
from harness import places
from harness.callers import Caller
from harness.gateway import problem
from harness.listeners import Connection, Listening, ask, call, connect
from harness.process import Process, inherited
from harness.waiting import until

ADMINISTRATION = ("/metrics", "/-/metrics", "/-/info", "/-/in-flight", "/-/log-level")


@pytest.fixture
def serve(family):
    """Starts gateways that end with the test."""

    def start(listen, *options, lines=1, **keywords):
        return family.add(Listening(listen, *options, **keywords)).wait(lines)

    return start


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def refused(*words, environment=None):
    command = [places.executable(), "serve", "--transport-url", "memory://", *map(str, words)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, env={**inherited(), **(environment or {})}
    )
    assert done.returncode in (1, 2), done.stderr
    return done


# Unix sockets


def test_calls_over_a_unix_socket(serve, tmp_path):
    path = tmp_path / "gateway.sock"
    gateway = serve(f"unix:{path}", through=("sh", "-c", 'umask 077; exec "$@"', "sh"))
    assert gateway.places == [f"unix:{path}"]
    assert mode(path) == 0o660 and stat.S_ISSOCK(path.stat().st_mode)
    assert [call(path, value) for value in range(20)] == list(range(20))
    command = ["curl", "--silent", "--unix-socket", path, "--json", '{"a": 1, "b": 2}', "http://localhost/demo/local/add"]
    assert subprocess.run(command, capture_output=True, timeout=30).stdout == b"3"
    large = "x" * (4 << 20)
    assert call(path, large) == large
    assert gateway.stop() == 0
    assert not path.exists()


def test_the_mode_is_the_one_that_is_set(serve, tmp_path):
    path = tmp_path / "gateway.sock"
    serve(f"unix:{path}", "--set", "http.unix.mode=0606")
    assert mode(path) == 0o606


@pytest.mark.parametrize("loops", [1, 3])
def test_connections_are_kept_and_pipelined(serve, tmp_path, loops):
    path = tmp_path / "gateway.sock"
    serve(f"unix:{path}", http_loops=loops)
    connections = [Connection(path) for _ in range(12)]
    for number in range(5):
        for connection in connections:
            connection.request("POST", "/demo/local/echo", json.dumps({"value": number}), {"Content-Type": "application/json"})
        assert [connection.getresponse().read() for connection in connections] == [str(number).encode()] * 12
    for connection in connections:
        connection.close()
    with connect(path) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        received = b""
        while received.count(b"HTTP/1.1 200") < 3:
            more = client.recv(65536)
            assert more, received
            received += more


def test_hosts_are_asked_for_only_where_some_are_named(serve, tmp_path):
    path = tmp_path / "gateway.sock"
    serve(f"unix:{path}")
    assert ask(path, "GET", "/healthz", headers={"Host": "any.example"}).status == 200
    other = tmp_path / "other.sock"
    serve(f"unix:{other}", "--set", "http.hosts=gateway.example")
    assert ask(other, "GET", "/healthz").status == 200
    assert ask(other, "GET", "/healthz", headers={"Host": "gateway.example"}).status == 200
    assert ask(other, "GET", "/healthz", headers={"Host": "any.example"}).status == 421


def test_a_socket_that_was_left_behind_is_replaced(serve, tmp_path):
    path = tmp_path / "gateway.sock"
    gateway = serve(f"unix:{path}")
    gateway.child.kill()
    gateway.child.wait(5)
    assert path.exists()
    with pytest.raises(ConnectionRefusedError):
        connect(path)
    serve(f"unix:{path}")
    assert call(path) == 1


def test_a_second_gateway_is_refused(serve, tmp_path):
    path = tmp_path / "gateway.sock"
    serve(f"unix:{path}")
    done = refused("--listen", f"unix:{path}")
    assert done.returncode == 1 and "stop the process that listens there" in done.stderr
    assert call(path) == 1


def test_of_many_that_start_at_once_one_serves(family, tmp_path):
    path = tmp_path / "gateway.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    gateways = [family.add(Listening(f"unix:{path}")) for _ in range(6)]
    until(lambda: sum(gateway.running for gateway in gateways) == 1, 30)
    (serving,) = [gateway for gateway in gateways if gateway.running]
    serving.wait(1)
    assert call(path) == 1
    assert [gateway.child.returncode for gateway in gateways if gateway is not serving] == [1] * 5


def test_what_is_not_its_own_stays(tmp_path):
    path = tmp_path / "gateway.sock"
    path.write_text("precious")
    done = refused("--listen", f"unix:{path}")
    assert done.returncode == 1 and "a file that is no socket is there" in done.stderr
    assert path.read_text() == "precious"
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert refused("--listen", f"unix:{path}").returncode == 1
    assert path.is_symlink()
    path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        assert refused("--listen", f"unix:{path}").returncode == 1
        assert path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's file takes root to make")
def test_a_socket_of_another_user_stays(tmp_path):
    path = tmp_path / "gateway.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    os.chown(path, 12345, 12345)
    done = refused("--listen", f"unix:{path}")
    assert done.returncode == 1 and "another user's socket is there" in done.stderr
    assert path.exists()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("unix:gateway.sock", "is no absolute path"),
        ("unix:/" + "p" * 107, "a path of 108 bytes is too long for a socket, 107 is the most"),
        ("127.0.0.1:80, 127.0.0.1:80", "one of them stands there twice"),
        ("systemd", "no such socket was passed at the start"),
        ("fd:web", "no such socket was passed at the start"),
    ],
)
def test_addresses_that_cannot_be_are_named(address, reason):
    done = refused("--listen", address)
    assert done.returncode == 2
    assert "http.listen" in done.stderr and reason in done.stderr


def test_a_directory_that_is_not_there(tmp_path):
    done = refused("--listen", f"unix:{tmp_path}/none/gateway.sock")
    assert done.returncode == 1 and "make its directory first" in done.stderr


HOLD = """
import socket, sys, time
clients = [socket.socket(socket.AF_UNIX) for _ in range(int(sys.argv[2]))]
for client in clients:
    client.connect(sys.argv[1])
print("connected", flush=True)
time.sleep(60)
"""


@pytest.fixture
def public():
    """A directory that every user may look into."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user takes root to be")
def test_users_are_told_apart(serve, family, public):
    """One user's connections take none of another one's."""
    path = public / "gateway.sock"
    serve(f"unix:{path}", "--set", "http.unix.mode=0666", http_max_connections_per_address=4)
    words = ["setpriv", "--reuid=12345", "--clear-groups", sys.executable, "-c", HOLD, path, "4"]
    other = family.add(Process(words))
    other.wait_for_line("connected".__eq__, 10)
    assert [call(path, value) for value in range(8)] == list(range(8))
    with contextlib.ExitStack() as stack:
        for client in silent(path, 4):
            stack.callback(client.close)
        until(lambda: ask(path, "GET", "/healthz").status == 503)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user takes root to be")
def test_the_mode_keeps_others_out(serve, public):
    path = public / "gateway.sock"
    serve(f"unix:{path}")
    words = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", sys.executable, "-c", HOLD, path, "1"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=10)
    assert done.returncode == 1 and "PermissionError" in done.stderr


# Several


def test_several_addresses_are_served_at_once(serve, tmp_path):
    path = tmp_path / "gateway.sock"
    addresses = ["127.0.0.1:0", f"unix:{path}, 127.0.0.1:0"]
    gateway = serve(addresses, lines=3, http_loops=2)
    first, second = gateway.ports
    assert first != second
    assert [call(place, 7) for place in (first, path, second)] == [7] * 3
    taken = refused("--listen", f"unix:{tmp_path}/other.sock", "--listen", f"127.0.0.1:{first}")
    assert taken.returncode == 1 and not (tmp_path / "other.sock").exists()


def test_one_listener_that_others_reach_needs_what_each_would(tmp_path):
    done = refused("--listen", f"unix:{tmp_path}/gateway.sock", "--listen", "0.0.0.0:0")
    assert done.returncode == 2 and "more than this machine reaches it, without authentication" in done.stderr
    done = refused("--listen", "127.0.0.1:0", "--set", "http.admin.listen=0.0.0.0:0")
    assert done.returncode == 2 and "http.admin.listen" in done.stderr and "without authentication" in done.stderr


# The end


@pytest.mark.parametrize("loops", [1, 3])
@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "new"])
def test_no_request_is_lost_at_the_end(serve, tmp_path, keeps, loops, figure):
    total = 0
    for number in range(4):
        path = tmp_path / f"{number}.sock"
        gateway = serve(["127.0.0.1:0", f"unix:{path}"], lines=2, http_loops=loops)
        ways = [functools.partial(Connection, place, 10) for place in (*gateway.ports, path)]
        callers = [Caller(way, "/demo/local/echo", b'{"value": 1}', keeps) for way in ways for _ in range(4)]
        until(lambda callers=callers: min(len(caller.answers) for caller in callers) > 10)
        gateway.signal(signal.SIGTERM)
        assert gateway.child.wait(15) == 0
        for caller in callers:
            caller.thread.join(20)
        assert [caller.lost for caller in callers] == [[]] * 8
        assert {status for caller in callers for _, status, _ in caller.answers} <= {200, 503}
        assert not path.exists()
        total += sum(len(caller.answers) for caller in callers)
    figure(f"{total} requests in 4 runs, none lost")


# Sockets of systemd


def held(path):
    """A Unix socket as systemd holds one: it is there before the service and stays after it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def test_a_passed_socket_outlives_the_gateway(serve, tmp_path):
    path = tmp_path / "held.sock"
    with held(path) as listener, contextlib.ExitStack() as waiting:
        for _ in range(2):
            early = waiting.enter_context(connect(path))
            early.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            gateway = serve("systemd", passed={"web": listener}, http_loops=2)
            assert gateway.places == [f"unix:{path}"]
            # Who came before the gateway is served by it.
            assert early.recv(65536).startswith(b"HTTP/1.1 200")
            assert call(path) == 1
            assert gateway.stop() == 0
            assert path.exists()


def test_passed_sockets_are_told_apart_by_their_names(serve, tmp_path):
    web, admin = tmp_path / "web.sock", tmp_path / "admin.sock"
    with held(web) as first, held(admin) as second, socket.create_server(("127.0.0.1", 0)) as third:
        passed = {"admin": second, "web": first, "more": third}
        gateway = serve("systemd", "--set", "http.admin.listen=fd:admin", passed=passed, lines=3)
        port = third.getsockname()[1]
        assert set(gateway.places) == {f"unix:{web}", f"unix:{admin}", f"http://127.0.0.1:{port}"}
        assert call(web) == 1 and call(port) == 1
        assert ask(web, "GET", "/metrics").status == 404
        assert ask(admin, "GET", "/metrics").status == 200
        assert gateway.stop() == 0


def test_a_passed_socket_that_others_reach_needs_what_each_would(family):
    with socket.create_server(("0.0.0.0", 0)) as listener:
        gateway = family.add(Listening("systemd", passed={"web": listener}))
        assert gateway.child.wait(20) == 2
        until(lambda: "without authentication" in gateway.said())
        open_door = family.add(Listening("systemd", "--insecure", passed={"web": listener})).wait(1)
        assert call(listener.getsockname()[1]) == 1
        until(lambda: "served as http.insecure says" in open_door.said())


def test_what_is_no_listening_socket_is_named(family):
    with socket.socket() as silent:
        gateway = family.add(Listening("systemd", passed={"web": silent}))
        assert gateway.child.wait(20) == 2
        until(lambda: "descriptor 3, named web, is no socket that listens" in gateway.said())
    done = refused("--listen", "systemd", environment={"LISTEN_PID": "x", "LISTEN_FDS": "1"})
    assert done.returncode == 2 and "LISTEN_PID is no number" in done.stderr


def test_a_passed_socket_that_nothing_listens_on_is_told(serve, tmp_path):
    with held(tmp_path / "held.sock") as listener:
        gateway = serve("127.0.0.1:0", passed={"web": listener})
        until(lambda: "nothing listens on some sockets of the start" in gateway.said())


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd-socket-activate is not on this machine")
def test_systemd_starts_it_when_somebody_comes(family, tmp_path):
    path = tmp_path / "activated.sock"
    words = ["--listen", path, "--fdname", "web"]
    command = ["systemd-socket-activate", *words, places.executable(), "serve", "--listen", "fd:web", "--transport-url", "memory://"]
    process = family.add(Process(command))
    until(path.exists)
    assert call(path, 5) == 5
    assert process.running


# Administration


@pytest.fixture
def site(serve, tmp_path):
    """A gateway whose administration has a socket of its own."""

    class Site:
        admin = tmp_path / "admin.sock"

        def __init__(self, *options, **settings):
            administration = f"http.admin.listen=unix:{self.admin}"
            self.gateway = serve("127.0.0.1:0", "--set", administration, *options, lines=2, **settings)
            (self.port,) = self.gateway.ports

    return Site


def test_administration_has_its_own_place(site):
    # A collection takes all of its time.
    it = site(rpc_response_timeout_ms=500)
    assert it.gateway.places[1] == f"unix:{it.admin}"
    assert mode(it.admin) == 0o600
    for path in ADMINISTRATION:
        problem(ask(it.port, "GET", path), 404, "http-404", executed="no")
        assert ask(it.admin, "GET", path).status == 200, path
        assert ask(it.admin, "HEAD", path).status == 200, path
    for path in ("/healthz", "/livez", "/readyz", "/-/healthy", "/-/ready", "/-/openapi.json", "/", "/-/health/demo"):
        assert ask(it.port, "GET", path).status == ask(it.admin, "GET", path).status == 200, path
    assert call(it.port) == 1
    sending = ("/demo/local/echo", "/demo/local/echo:cast", "/demo/*/echo:gather", "/-/jsonrpc", "/-/amqp/-/q", "/-/notifications/t/e")
    for path in sending:
        for _ in range(2):
            problem(ask(it.admin, "POST", path, b"{}"), 404, "http-404", executed="no")
        assert ask(it.port, "POST", path, b"{}").status != 404 or path == "/-/amqp/-/q", path
    for path in ("/-/operations/1", "/-/notifications/t", "/%2D/info", "//-/info"):
        assert ask(it.admin, "GET", path).status in (400, 404, 405), path
    # The kept plan of a path is one of the other listener.
    problem(ask(it.admin, "POST", "/demo/local/echo", b'{"value": 1}'), 404, "http-404")
    assert it.gateway.stop() == 0
    assert not it.admin.exists()


def silent(place, count):
    """Connections that say nothing, or half of a request."""
    clients = []
    for number in range(count):
        client = connect(place, 10)
        if number % 2:
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Y")
        clients.append(client)
    return clients


def test_a_crowd_at_one_does_not_disturb_the_other(site, figure):
    it = site(http_max_connections=16)
    with contextlib.ExitStack() as stack:
        slow = [Connection(it.port) for _ in range(16)]
        for connection in slow:
            connection.request("POST", "/demo/local/sleep", b'{"seconds": 8}', {"Content-Type": "application/json"})
            stack.callback(connection.close)
        until(lambda: ask(it.admin, "GET", "/-/info").json()["in_flight"] == 16)
        for client in silent(it.port, 40):
            stack.callback(client.close)
        # Clients have all places, and yet it can be seen what they do.
        assert ask(it.port, "POST", "/demo/local/echo", b"{}").status == 503
        seconds = [ask(it.admin, "GET", path, timeout=5).seconds for path in (*ADMINISTRATION, "/healthz", "/readyz") for _ in range(5)]
        shown = ask(it.admin, "GET", "/-/in-flight").json()
        assert len(shown["calls"]) == 16 and shown["complete"]
        figure(f"administration beside a crowd: {max(seconds) * 1000:.0f} ms at the most")
        assert max(seconds) < 2


def test_a_crowd_of_administrators_does_not_disturb_calls(site, figure):
    it = site()
    with contextlib.ExitStack() as stack:
        for client in silent(it.admin, 200):
            stack.callback(client.close)
        seconds = []
        for _ in range(50):
            started = time.monotonic()
            call(it.port)
            seconds.append(time.monotonic() - started)
        assert ask(it.port, "GET", "/readyz").status == 200
        # Idle ones make room for who asks.
        assert ask(it.admin, "GET", "/metrics", timeout=5).status == 200
        assert it.gateway.descriptors() < 200
        figure(f"calls beside a crowd of administrators: {max(seconds) * 1000:.0f} ms at the most")
        assert max(seconds) < 1


def test_the_end_can_be_watched(site):
    it = site()
    with contextlib.closing(Connection(it.port)) as slow:
        slow.request("POST", "/demo/local/sleep", b'{"seconds": 2}', {"Content-Type": "application/json"})
        until(lambda: ask(it.admin, "GET", "/-/info").json()["in_flight"] == 1)
        it.gateway.signal(signal.SIGTERM)
        until(lambda: ask(it.admin, "GET", "/-/info").json()["draining"])
        assert ask(it.admin, "GET", "/readyz").status == 503
        assert "rpc_requests_in_flight 1" in ask(it.admin, "GET", "/metrics").body.decode()
        assert slow.getresponse().read() == b"2"
    assert it.gateway.child.wait(15) == 0
    assert not it.admin.exists()


def test_limits_of_clients_do_not_hide_the_gateway(site):
    it = site(limits_rate=1, limits_burst=1)
    statuses = [ask(it.port, "POST", "/demo/local/echo", b"{}").status for _ in range(5)]
    assert statuses[0] == 200 and statuses[-1] == 429
    assert [ask(it.admin, "GET", "/metrics").status for _ in range(10)] == [200] * 10


def test_connections_of_administrators_are_counted_apart(site):
    it = site()

    def numbers():
        page = ask(it.admin, "GET", "/metrics").body.decode()
        return {name: int(value) for name, value in re.findall(r"^http_server_(\w*connections\w*) (\d+)$", page, re.M)}

    with contextlib.ExitStack() as held:
        for _ in range(3):
            held.enter_context(socket.create_connection(("127.0.0.1", it.port), 10))
        held.enter_context(connect(it.admin))
        # With that of who asks.
        until(lambda: (numbers()["connections"], numbers()["admin_connections"]) == (3, 2), 5)
        for _ in range(40):
            held.enter_context(connect(it.admin))
        until(lambda: numbers()["admin_connections_replaced_total"] > 0, 5)
        assert numbers()["connections_replaced_total"] == 0


# What administrators do


def test_the_log_level_is_shown_and_set(site, tmp_path):
    configuration = tmp_path / "gateway.yaml"
    configuration.write_text("log: {level: warning}\n")
    it = site("--config", configuration)
    assert ask(it.admin, "GET", "/-/log-level").json() == {"level": "warning"}
    assert ask(it.admin, "PUT", "/-/log-level", b'{"level": "debug"}').json() == {"level": "debug"}
    until(lambda: "log level set" in it.gateway.said())
    line = next(line for line in it.gateway.errors if "log level set" in line)
    assert "from=warning" in line and "to=debug" in line and f"client.address=unix:{os.geteuid()}" in line.replace('"', "")
    # Who turns it off is told all the same.
    assert ask(it.admin, "PUT", "/-/log-level", b'{"level": "critical"}').status == 200
    until(lambda: sum("log level set" in line for line in it.gateway.errors) == 2)
    it.gateway.signal(signal.SIGHUP)
    until(lambda: ask(it.admin, "GET", "/-/log-level").json() == {"level": "warning"})
    for body in (b"", b"{}", b'{"level": "loud"}', b'{"level": "debug", "x": 1}', b'{"level": 1}', b'["debug"]', b'"debug"', b"{"):
        answer = ask(it.admin, "PUT", "/-/log-level", body)
        assert "trace, debug, info" in problem(answer, 400, "invalid-request")["detail"], body
    assert ask(it.admin, "PUT", "/-/log-level", b'{"level": "debug"}', {"Content-Type": "text/plain"}).status == 415
    assert ask(it.admin, "GET", "/-/log-level?x=1").status == 400
    assert problem(ask(it.admin, "DELETE", "/-/log-level"), 405, "http-405")
    assert ask(it.admin, "GET", "/-/log-level").json() == {"level": "warning"}


def test_calls_under_way_are_shown_without_their_arguments(site):
    it = site(http_loops=2)
    assert ask(it.admin, "GET", "/-/in-flight").json() == {"in_flight": 0, "complete": True, "calls": []}
    with contextlib.ExitStack() as stack:
        for number in range(3):
            connection = stack.enter_context(contextlib.closing(Connection(it.port)))
            fields = {"Content-Type": "application/json", "X-Request-Id": f"req-{number}", "Rpc-Timeout": "20"}
            connection.request("POST", "/demo/local/sleep", json.dumps({"seconds": 5 + number / 1000}), fields)
            until(lambda number=number: len(ask(it.admin, "GET", "/-/in-flight").json()["calls"]) == number + 1)
        answer = ask(it.admin, "GET", "/-/in-flight")
        shown = answer.json()
        assert (shown["in_flight"], shown["complete"]) == (3, True)
        assert [one["request_id"] for one in shown["calls"]] == ["req-0", "req-1", "req-2"]
        ages = [one.pop("age") for one in shown["calls"]]
        assert ages == sorted(ages, reverse=True) and 0 < ages[-1] < 5
        expected = {"request_id": "req-1", "timeout": 20, "mode": "call", "topic": "demo", "server": "local", "method": "sleep"}
        assert shown["calls"][1] == expected
        assert b"seconds" not in answer.body
    # Who has gone is not shown.
    until(lambda: ask(it.admin, "GET", "/-/in-flight").json()["calls"] == [], 10)


def test_what_goes_on_without_a_connection_is_shown(site):
    it = site()

    def shown(count):
        until(lambda: len(ask(it.admin, "GET", "/-/in-flight").json()["calls"]) == count, 10)
        page = ask(it.admin, "GET", "/-/in-flight").json()
        assert (page["in_flight"], page["complete"]) == (count, True)
        return [{name: value for name, value in one.items() if name not in ("age", "timeout")} for one in page["calls"]]

    def sleep(fields):
        return raw.request(it.port, "POST", "/demo/local/sleep", b'{"seconds": 5}', {"Content-Type": "application/json", **fields})

    call = {"mode": "call", "topic": "demo", "server": "local", "method": "sleep"}
    operation = sleep({"Prefer": "respond-async", "X-Request-Id": "req-operation"})
    assert operation.status == 202
    assert shown(1) == [{"request_id": "req-operation", **call, "kept": True}]
    entries = [{"jsonrpc": "2.0", "id": number, "method": "demo/local/sleep", "params": {"seconds": 5}} for number in range(2)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        pool.submit(sleep, {"Idempotency-Key": '"one"', "X-Request-Id": "req-key"})
        assert shown(2)[1] == {"request_id": "req-key", **call, "kept": True}
        fields = {"Content-Type": "application/json", "X-Request-Id": "req-entries"}
        pool.submit(raw.request, it.port, "POST", "/-/jsonrpc", json.dumps(entries).encode(), fields)
        assert shown(4)[2:] == [{"request_id": "req-entries", **call}] * 2
        # A server of RPC throws such a message away, so that nobody answers it.
        fields = {"Rpc-Timeout": "5", "X-Request-Id": "req-plain"}
        pool.submit(raw.request, it.port, "POST", "/-/amqp/openstack/demo", b"x", fields)
        plain = {"request_id": "req-plain", "mode": "plain-amqp", "exchange": "openstack", "routing_key": "demo"}
        assert plain in shown(5)
    assert shown(0) == []


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made, lines = {}, []
    for name in ("ops", "ci"):
        done = subprocess.run([places.executable(), "keys", "new", name], capture_output=True, text=True, env=inherited(), timeout=30)
        made[name], line = done.stdout.splitlines()
        lines.append(line)
    (folder / "keys.yaml").write_text("\n".join(lines) + "\n")
    (folder / "policy.yaml").write_text('- allow: "-/-/*"\n  principals: ops\n  modes: admin\n- allow: demo/*/*\n')
    return made, folder / "keys.yaml", folder / "policy.yaml"


def statuses(place, **fields):
    return [
        ask(place, "GET", "/-/log-level", headers=fields).status,
        ask(place, "GET", "/-/in-flight", headers=fields).status,
        ask(place, "PUT", "/-/log-level", b'{"level": "notice"}', fields).status,
    ]


def test_nobody_unknown_administers_but_on_this_machine(serve, keys):
    made, file, policy = keys
    plain = serve("127.0.0.1:0")
    assert statuses(plain.ports[0]) == [403] * 3
    reachable = serve("127.0.0.1:0", "--insecure", "--set", "http.admin.listen=0.0.0.0:0", lines=2)
    assert statuses(reachable.ports[1]) == [403] * 3
    assert statuses(reachable.ports[0]) == [404] * 3
    guarded = serve("127.0.0.1:0", auth_keys=file)
    assert statuses(guarded.ports[0]) == [401] * 3
    assert statuses(guarded.ports[0], **{"X-Api-Key": made["ci"]}) == [200] * 3
    anonymous = serve("127.0.0.1:0", auth_keys=file, auth_anonymous="true")
    assert statuses(anonymous.ports[0]) == [403] * 3


def test_the_policy_rules_at_both(serve, keys, tmp_path):
    made, file, policy = keys
    admin = tmp_path / "admin.sock"
    gateway = serve("127.0.0.1:0", "--set", f"http.admin.listen=unix:{admin}", lines=2, auth_keys=file, policy_file=policy)
    ops, ci = ({"X-Api-Key": made[name]} for name in ("ops", "ci"))
    assert statuses(admin) == [401] * 3
    assert statuses(admin, **ci) == [403] * 3
    assert statuses(admin, **ops) == [200] * 3
    assert [ask(admin, "GET", "/metrics", headers=fields).status for fields in ({}, ci, ops)] == [401, 403, 200]
    assert ask(admin, "GET", "/readyz").status == 200
    assert statuses(gateway.ports[0], **ops) == [404] * 3
    with contextlib.closing(Connection(gateway.ports[0])) as slow:
        slow.request("POST", "/demo/local/sleep", b'{"seconds": 3}', {"Content-Type": "application/json", **ci})
        until(lambda: ask(admin, "GET", "/-/in-flight", headers=ops).json()["calls"])
        (shown,) = ask(admin, "GET", "/-/in-flight", headers=ops).json()["calls"]
        assert (shown["principal"], shown["address"]) == ("ci", "127.0.0.1")
