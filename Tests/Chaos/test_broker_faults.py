"""The broker is killed, stopped, frozen and blocked, under load."""

import time

import pytest


@pytest.mark.core
def test_broker_killed(stage, broker):
    stage.open(durable=True)
    broker.run("kill9")
    stage.load.wait_for(50)
    broker.run("spawn")
    stage.recover()
    stage.judge()


def test_broker_stopped_cleanly(stage, broker):
    stage.open(durable=True)
    broker.run("restart")
    stage.recover()
    stage.judge()


@pytest.mark.core
def test_connections_closed(stage, broker):
    stage.open()
    for _ in range(3):
        broker.ctl("close_all_connections", "--vhost", stage.host.name, "chaos")
        stage.load.wait_for(30)
    stage.recover()
    stage.judge()


@pytest.mark.parametrize("seconds", [pytest.param(5, marks=pytest.mark.core), 30, 120])
def test_broker_frozen(stage, broker, seconds):
    stage.open()
    broker.freeze()
    thaw = time.monotonic() + seconds
    try:
        # Clients go on meanwhile: each ends at its own time.
        while time.monotonic() < thaw:
            stage.load.wait_for(1)
    finally:
        broker.thaw()
    stage.recover()
    stage.judge()
