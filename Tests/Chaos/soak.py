"""Half an hour of load with a fault drawn every twenty seconds; memory and descriptors at the end are those of the start."""

import contextlib
import signal
import time

from chaos.proxy import GOOD, Manners
from test_client_faults import crawl, crowd, flood, leave_within_a_request

EVERY = 20.0
# What a process may have more of at the end, in MiB: its allocator's pages, not its values.
MORE_MEMORY = 4.0
MORE_DESCRIPTORS = 4


def killed(stage):
    stage.broker.run("kill9")
    stage.load.wait_for(30)
    stage.broker.run("spawn")


def frozen(stage):
    stage.broker.freeze()
    try:
        stage.load_for(stage.random.uniform(1, 6))
    finally:
        stage.broker.thaw()


def alarmed(stage):
    stage.broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        stage.load_for(3)
    finally:
        stage.broker.ctl("set_vm_memory_high_watermark", "absolute", "2GB")


def connections_closed(stage):
    stage.host.close_connections()


def dropped(stage):
    stage.proxy.drop()
    stage.load.wait_for(1)


def cut(stage):
    for _ in range(5):
        stage.proxy.cut_in_a_frame()
        stage.load.wait_for(10)


def bad_network(stage):
    stage.proxy.manners = stage.random.choice([Manners(latency=0.3), Manners(loss=0.05), Manners(single=True), Manners(hole=True)])
    stage.load_for(5)
    stage.proxy.manners = GOOD


def reply_queue_deleted(stage):
    with stage.host.channel() as channel:
        for name in stage.host.reply_queues():
            channel.queue_delete(name)


def service_queue_deleted(stage):
    with stage.host.channel() as channel:
        channel.queue_delete("quick")


def strangers(stage):
    behaviour = stage.random.choice([crawl, flood, leave_within_a_request])
    with crowd(stage, behaviour):
        stage.load_for(4)


def reloaded(stage):
    stage.gateway.signal(signal.SIGHUP)


# Connections that pass nothing any more are not among them: test_network_faults.py tells why.
FAULTS = [killed, frozen, alarmed, connections_closed, dropped, cut, bad_network]
FAULTS += [reply_queue_deleted, service_queue_deleted, strangers, reloaded]


def test_soak(stage, request, capsys):
    minutes = request.config.getoption("--minutes")
    # Answers under keys are kept for a while by intent; here that while is short.
    stage.open(durable=True, proxied=True, idempotency_time_to_live_ms=10_000)
    # Every part has been used, and what is made once has been made.
    for fault in (connections_closed, cut, strangers):
        fault(stage)
        stage.recover()
    before = stage.resources(seconds=30)
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        began = time.monotonic()
        fault = stage.random.choice(FAULTS)
        with capsys.disabled():
            print(f"\n{fault.__name__}", end="", flush=True)
            with stage.losing() if fault is service_queue_deleted else contextlib.nullcontext():
                fault(stage)
                stage.recover()
            print(f": {time.monotonic() - began:.1f} s, {stage.resources()}", end="", flush=True)
        stage.load_for(max(0, EVERY - (time.monotonic() - began)))
    after = stage.resources(seconds=30)
    attempts = stage.judge()
    with capsys.disabled():
        print(f"\n{len(attempts)} requests; at the start {before}, at the end {after}")
    assert after.memory <= before.memory + MORE_MEMORY
    assert after.descriptors <= before.descriptors + MORE_DESCRIPTORS
