"""What is done to the gateway's own process and machine."""

import contextlib
import pathlib
import signal
import time

import pytest

from harness.waiting import until
from test_client_faults import crowd

CLOCKS = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


@pytest.mark.core
def test_gateway_terminated_beside_another(stage):
    """Clients are sent to a new process, the old one is asked to end: nobody notices."""
    stage.open()
    for _ in range(2):
        former = stage.another_gateway()
        former.signal(signal.SIGTERM)
        stage.load.wait_for(100, good=True)
        assert former.child.wait(20) == 0
    stage.judge()


def test_gateway_terminated_under_load(stage):
    """Nobody sends clients elsewhere: they are answered, or refused a connection."""
    stage.open()
    for _ in range(3):
        with stage.leaving():
            stage.gateway.signal(signal.SIGTERM)
            assert stage.gateway.child.wait(20) == 0
            stage.another_gateway()
            stage.load.wait_for(20)
        stage.load.wait_for(100, good=True)
    stage.judge()


def test_gateway_killed_beside_another(stage):
    stage.open()
    for _ in range(2):
        with stage.killing():
            stage.gateway.child.kill()
            stage.gateway.child.wait(10)
            stage.another_gateway()
        stage.load.wait_for(100, good=True)
    stage.judge()


def test_reload_of_a_broken_file(stage, tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("rpc:\n  responseTimeoutMs: 5000\n")
    stage.open(config=file)
    broken = ["rpc:\n  maxInFlight: plenty\n", "rpc: [", "\0\0", "no:\n  such: key\n", ""]
    with reloading(stage, file, broken):
        stage.load.wait_for(300, good=True)
    file.unlink()
    stage.gateway.signal(signal.SIGHUP)
    stage.load.wait_for(100, good=True)
    assert all(attempt.good for attempt in stage.load.attempts)
    stage.judge()


@contextlib.contextmanager
def reloading(stage, file, texts):
    for text in texts:
        file.write_text(text)
        refused = len(stage.gateway.errors)
        stage.gateway.signal(signal.SIGHUP)
        until(lambda: len(stage.gateway.errors) > refused or not text, 5)
    yield


def grow(members):
    """As many connections as there may be, each kept."""
    members.open().sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_no_descriptors_left(stage):
    stage.open(descriptors=256, load={"connections": 8})
    with crowd(stage, grow):
        stage.load.wait_for(500)
    stage.load.wait_for(100, good=True)
    stage.judge()


def test_no_room_for_logs(stage):
    """Standard error is a full disk, and there is a lot to tell."""
    full = ("sh", "-c", 'exec "$0" "$@" 2>/dev/full')
    stage.open(through=full, log_level="debug")
    stage.host.close_connections()
    stage.load.wait_for(200)
    stage.recover()
    stage.judge()


@pytest.mark.skipif(not pathlib.Path(CLOCKS).exists(), reason="libfaketime is not installed")
def test_clock_that_jumps(stage, tmp_path):
    """The time of day goes back and forth by hours and days; the monotonic clock does not, as on a real machine."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    words = ("env", f"LD_PRELOAD={CLOCKS}", f"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1")
    stage.open(through=words)
    for jump in ("+3600", "-3600", "+30d", "-30d", "+10y", "+0"):
        clock.write_text(jump)
        stage.load.wait_for(60)
        date = stage.gateway.get("/healthz").headers["Date"]
        assert (time.strftime("%Y", time.gmtime()) in date) == (jump != "+10y"), date
    assert all(attempt.good for attempt in stage.load.attempts)
    stage.judge()
