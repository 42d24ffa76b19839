"""A real oslo.messaging RPC server with all that the interoperability tests ask of a server; InteropPeer is its twin in Swift.

Prints `READY` once it consumes, then one JSON object a line for every method that runs. Ends on SIGTERM. `--target` is
TOPIC/SERVER or TOPIC/SERVER@EXCHANGE and may be given several times.
"""

import argparse
import collections
import json
import logging
import signal
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")

import oslo_messaging  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_messaging import opts as messaging_options  # noqa: E402
from oslo_messaging.rpc import dispatcher  # noqa: E402

import consuming  # noqa: E402
import interop_failures as failures  # noqa: E402

POLICIES = {
    "default": dispatcher.DefaultRPCAccessPolicy,
    "legacy": dispatcher.LegacyRPCAccessPolicy,
    "explicit": dispatcher.ExplicitRPCAccessPolicy,
}
LINES = threading.Lock()


def note(method, **arguments):
    """Tells the tests, over standard output, what ran."""
    with LINES:
        sys.stdout.write(json.dumps({"method": method, "arguments": arguments}) + "\n")
        sys.stdout.flush()


class Main:
    """No namespace, and no target: oslo.messaging takes its version for 1.0."""

    def __init__(self, name, tells_all):
        self.name = name
        self.tells_all = tells_all
        self.marks = collections.Counter()

    def echo(self, context, value=None):
        if self.tells_all:
            note("echo", value=value)
        return value

    def add(self, context, a, b):
        return a + b

    def kwargs(self, context, **arguments):
        return arguments

    def length(self, context, value):
        return len(value)

    def big(self, context, n):
        return "x" * n

    def none(self, context):
        pass

    def ctxt(self, context):
        if self.tells_all:
            note("ctxt")
        return context

    def whoami(self, context):
        return self.name

    def sleep(self, context, seconds, mark=None):
        note("sleep", seconds=seconds, mark=mark)
        time.sleep(seconds)
        note("slept", seconds=seconds, mark=mark)
        return seconds

    def block(self, context, seconds):
        time.sleep(seconds)
        return seconds

    def hit(self, context, mark):
        self.marks[mark] += 1
        note("hit", mark=mark)

    def hits(self, context, mark):
        return self.marks[mark]

    def größe(self, context, wert):
        return wert

    def fail(self, context, kind):
        raise failures.KINDS[kind]()

    @oslo_messaging.expected_exceptions(failures.Plain, KeyError)
    def fail_as_expected(self, context, kind):
        raise failures.KINDS[kind]()

    def unserializable(self, context):
        return object()

    @oslo_messaging.expose
    def exposed(self, context):
        return "exposed"

    def _private(self, context):
        return "private"


class Namespaced:
    """Namespace `ns`, version 1.2; answers to the older name `old` as well."""

    target = oslo_messaging.Target(namespace="ns", version="1.2", legacy_namespaces=["old"])

    def echo(self, context, value=None):
        return {"ns": value}

    def version(self, context):
        return "1.2"


class Second:
    """No namespace, version 2.3.1."""

    target = oslo_messaging.Target(version="2.3.1")

    def echo(self, context, value=None):
        return {"second": value}

    def second(self, context):
        return "2.3.1"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--target", action="append", required=True)
    parser.add_argument("--policy", choices=sorted(POLICIES), default="default")
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--no-ping", action="store_true")
    parser.add_argument("--tell-all", action="store_true", help="a line for every echo too")
    return parser.parse_args()


def configure(options):
    # The ping switch is read from the global object, so every option lives there.
    configuration = cfg.CONF
    configuration([], project="interop")
    for group, group_options in messaging_options.list_opts():
        configuration.register_opts(group_options, group=group)
    transport = oslo_messaging.get_rpc_transport(configuration, url=options.url)
    configuration.set_override("rpc_ping_enabled", not options.no_ping)
    configuration.set_override("executor_thread_pool_size", options.workers)
    return transport


def serve(transport, options, text):
    place, _, exchange = text.partition("@")
    topic, server = place.split("/")
    target = oslo_messaging.Target(exchange=exchange or None, topic=topic, server=server)
    endpoints = [Main(place, options.tell_all), Namespaced(), Second()]
    policy = POLICIES[options.policy]
    return oslo_messaging.get_rpc_server(transport, target, endpoints, executor="threading", access_policy=policy)


def main():
    options = parse()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    transport = configure(options)
    servers = [serve(transport, options, text) for text in options.target]
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    for server in servers:
        server.start()
        consuming.wait_until_consuming(server)
    print("READY", flush=True)
    end.wait()
    for server in servers:
        server.stop()
    for server in servers:
        server.wait()


if __name__ == "__main__":
    main()
