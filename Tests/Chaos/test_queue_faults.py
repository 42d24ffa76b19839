"""Queues and exchanges are deleted, purged, expire, are full, or are of another kind."""

import contextlib

from chaos.load import Ask
from harness.waiting import until


def test_reply_queue_deleted(stage):
    stage.open()
    for _ in range(3):
        with stage.host.channel() as channel:
            for name in stage.host.reply_queues():
                channel.queue_delete(name)
        stage.load.wait_for(100)
    stage.recover()
    stage.judge()


def test_reply_queue_purged(stage):
    stage.open()
    names = stage.host.reply_queues()
    with stage.host.channel() as channel:
        for _ in range(200):
            for name in names:
                channel.queue_purge(name)
            stage.load.wait_for(1)
    stage.recover()
    stage.judge()


def test_reply_queue_expired(stage, broker):
    stage.open(proxied=True)
    policy = ["-p", stage.host.name, "soon"]
    broker.ctl("set_policy", *policy, "^reply_", '{"expires": 300}', "--apply-to", "queues")
    stage.proxy.refuse = True
    stage.proxy.drop()
    until(lambda: not set(stage.reply_queues) & set(stage.host.reply_queues()), 20, 0.2)
    broker.ctl("clear_policy", *policy)
    stage.proxy.refuse = False
    stage.recover()
    stage.judge()


def test_service_queue_deleted(stage):
    stage.open()
    for _ in range(3):
        with stage.losing():
            with stage.host.channel() as channel:
                for name in stage.topics:
                    channel.queue_delete(name)
            stage.load.wait_for(100)
            stage.recover()
    stage.judge()


def test_queue_that_is_full_rejects(stage, broker):
    stage.open()
    policy = ["-p", stage.host.name, "full"]
    broker.ctl("set_policy", *policy, "^quick$", '{"max-length": 0, "overflow": "reject-publish"}', "--apply-to", "queues")
    stage.feel("broker-rejected")
    stage.load.wait_for(200)
    broker.ctl("clear_policy", *policy)
    stage.recover()
    stage.judge()


def test_control_exchange_deleted(stage):
    stage.open()
    for _ in range(5):
        with stage.host.channel() as channel:
            channel.exchange_delete("openstack")
        stage.load.wait_for(30)
        stage.bind_again()
    stage.recover()
    stage.judge()


def test_control_exchange_of_another_type(stage):
    stage.open()
    with stage.host.channel() as channel:
        channel.exchange_delete("openstack")
        channel.exchange_declare("openstack", "direct")
    stage.feel("undeliverable", "broker-configuration")
    stage.load.wait_for(200)
    with stage.host.channel() as channel:
        channel.exchange_delete("openstack")
    stage.bind_again()
    stage.recover()
    stage.judge()


def test_channel_errors_by_others(stage, broker):
    """403, 404, 405, 406 and messages over the limit, by requests beside those of the load."""
    user = "confined"
    largest = broker.evaluate("application:get_env(rabbit, max_message_size, 134217728)")
    broker.add_user(user, "word", stage.host.name, "^(?!secret).*")
    try:
        broker.evaluate("application:set_env(rabbit, max_message_size, 20000)")
        stage.open(user=f"{user}:word")
        with stage.host.channel() as channel:
            channel.exchange_declare("direct-one", "direct")
            channel.exchange_declare("internal-one", "topic", internal=True)
            channel.exchange_declare("secret-one", "topic")
            channel.exchange_declare("openstack", "topic")
            # Nobody else may look at it while this channel's connection lasts.
            channel.queue_declare("locked", exclusive=True)
            channel.queue_bind("locked", "openstack", "locked")
            stage.spare(_deleting(stage, "fleeting", stage.attackers(*_bad_asks(), connections=8, rate=60)), 500)
        stage.judge()
    finally:
        broker.delete_user(user)
        broker.evaluate(f"application:set_env(rabbit, max_message_size, {largest})")


def _bad_asks():
    exchanges = ("direct-one", "internal-one", "secret-one", "fleeting")
    asks = [Ask("quick", query=f"?exchange={exchange}") for exchange in exchanges]
    return [*asks, Ask("locked", timeout=0.5), Ask("quick", arguments={"filler": "x" * 30_000})]


@contextlib.contextmanager
def _deleting(stage, exchange, attack):
    """The attack, under which an exchange is deleted that it uses."""
    with attack as load:
        for _ in range(5):
            with stage.host.channel() as channel:
                channel.exchange_delete(exchange)
            load.wait_for(10)
        yield
        told = {attempt.code for attempt in load.attempts}
        assert {"broker-configuration", "message-too-large", "undeliverable"} <= told, told
