"""The broker is killed, stopped, frozen and blocked, under load."""

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
def test_connections_closed(stage):
    stage.open()
    for _ in range(3):
        stage.host.close_connections()
        stage.load.wait_for(30)
    stage.recover()
    stage.judge()


@pytest.mark.parametrize("seconds", [pytest.param(5, marks=pytest.mark.core), 30, 120])
def test_broker_frozen(stage, broker, seconds):
    stage.open()
    broker.freeze()
    try:
        stage.load_for(seconds)
    finally:
        broker.thaw()
    stage.recover()
    stage.judge()


@pytest.mark.parametrize("alarm", ["memory", "disk"])
def test_alarm(stage, broker, alarm):
    stage.open()
    raised, cleared = {
        "memory": (["set_vm_memory_high_watermark", "absolute", "1MB"], ["set_vm_memory_high_watermark", "absolute", "2GB"]),
        "disk": (["set_disk_free_limit", "50000GB"], ["set_disk_free_limit", "1MB"]),
    }[alarm]
    broker.ctl(*raised)
    try:
        stage.feel("broker-blocked")
        stage.load.wait_for(100)
    finally:
        broker.ctl(*cleared)
    stage.recover()
    stage.judge()


def test_virtual_host_deleted_and_made_again(stage):
    # A server of oslo.messaging gives up where its virtual host is gone.
    stage.open(real=False)
    for _ in range(3):
        with stage.losing():
            stage.host.delete()
            stage.load.wait_for(50)
            stage.host.make()
            stage.recover()
    stage.judge()


def test_rights_taken_and_returned(stage, broker):
    user = "chaos"
    broker.add_user(user, "word", stage.host.name)
    try:
        stage.open(user=f"{user}:word")
        broker.permit(user, stage.host.name, "^$")
        stage.host.close_connections()
        stage.feel("broker-configuration", "broker-unavailable")
        stage.load.wait_for(200)
        broker.permit(user, stage.host.name)
        stage.recover()
        stage.judge()
    finally:
        broker.delete_user(user)
