"""A small oslo.messaging RPC server to try the gateway with.

TRANSPORT_URL, TOPIC and SERVER say where it listens. Ends on SIGTERM.
"""

import logging
import os
import signal
import threading
import time

import oslo_messaging
from oslo_config import cfg
from oslo_messaging import opts


class Demo:
    """The methods; each takes the request context and keyword arguments."""

    def __init__(self):
        self._lock = threading.Lock()
        self._count = 0

    def echo(self, context, value=None):
        return value

    def add(self, context, a, b):
        return a + b

    def sleep(self, context, seconds):
        time.sleep(seconds)
        return seconds

    def context(self, context):
        return context

    def count(self, context):
        with self._lock:
            self._count += 1
            return self._count

    def counter(self, context):
        return self._count

    def fail(self, context, message="the demo was asked to fail"):
        raise ValueError(message)


def main():
    logging.basicConfig(level=logging.INFO)
    cfg.CONF([], project="demo")
    # An option can be set once it is registered, and the one for pings is registered late by itself.
    for group, options in opts.list_opts():
        cfg.CONF.register_opts(options, group=group)
    transport = oslo_messaging.get_rpc_transport(cfg.CONF, url=os.environ["TRANSPORT_URL"])
    cfg.CONF.set_override("rpc_ping_enabled", True)
    target = oslo_messaging.Target(topic=os.environ.get("TOPIC", "demo"), server=os.environ.get("SERVER", "python"))
    server = oslo_messaging.get_rpc_server(transport, target, [Demo()], executor="threading")

    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    server.start()
    end.wait()
    server.stop()
    server.wait()


if __name__ == "__main__":
    main()
