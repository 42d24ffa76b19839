"""A real oslo.messaging RPC server, the peer of the end-to-end tests.

Prints `READY` once it consumes, then one JSON object a line for every method that runs. Ends on SIGTERM.
"""

import argparse
import itertools
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
import failures  # noqa: E402

POLICIES = {
    "default": dispatcher.DefaultRPCAccessPolicy,
    "legacy": dispatcher.LegacyRPCAccessPolicy,
    "explicit": dispatcher.ExplicitRPCAccessPolicy,
}


class Journal:
    """Tells the tests, over standard output, what ran."""

    def __init__(self, quiet):
        self.quiet = quiet
        self.lock = threading.Lock()

    def note(self, method, context, arguments):
        if self.quiet:
            return
        line = json.dumps({"method": method, "context": context, "arguments": arguments}, default=str)
        with self.lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


class Main:
    """The endpoint without a namespace; oslo.messaging takes its version for 1.0."""

    def __init__(self, name, journal):
        self.name = name
        self.journal = journal
        self.count = itertools.count(1)
        self.seen = 0

    def echo(self, context, value=None):
        self.journal.note("echo", context, {"value": value} if len(str(value)) < 1000 else {"value": "long"})
        return value

    def kwargs(self, context, **arguments):
        self.journal.note("kwargs", context, arguments)
        return arguments

    def add(self, context, a, b):
        self.journal.note("add", context, {"a": a, "b": b})
        return a + b

    def sleep(self, context, seconds):
        self.journal.note("sleep", context, {"seconds": seconds})
        time.sleep(seconds)
        return seconds

    def big(self, context, n):
        return "x" * n

    def length(self, context, value):
        return len(value)

    def none(self, context):
        self.journal.note("none", context, {})

    def ctxt(self, context):
        return context

    def whoami(self, context):
        return self.name

    def hit(self, context, mark=None):
        self.seen = next(self.count)
        self.journal.note("hit", context, {"mark": mark})

    def hits(self, context):
        return self.seen

    def größe(self, context, wert):
        return wert

    def not_a_number(self, context, kind="NaN"):
        return float(kind)

    def fail(self, context, module, name, message="", code=None, arguments=None):
        self.journal.note("fail", context, {"module": module, "name": name})
        failures.fail(module, name, message, arguments, {} if code is None else {"code": code})

    def type_error_inside(self, context):
        raise TypeError("type_error_inside() missing 1 required positional argument: 'a'")

    def type_error_of_another(self, context):
        return (lambda a: a)()

    @oslo_messaging.expected_exceptions(KeyError)
    def expected(self, context):
        raise KeyError("missing")

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

    def second(self, context):
        return "2.3.1"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--exchange")
    parser.add_argument("--policy", choices=sorted(POLICIES), default="default")
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--no-ping", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args()


def configure(options):
    # The ping switch is read from the global object, so every option lives there.
    configuration = cfg.CONF
    configuration([], project="peer")
    for group, group_options in messaging_options.list_opts():
        configuration.register_opts(group_options, group=group)
    transport = oslo_messaging.get_rpc_transport(configuration, url=options.url)
    configuration.set_override("rpc_ping_enabled", not options.no_ping)
    configuration.set_override("executor_thread_pool_size", options.threads)
    return transport


def main():
    options = parse()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    journal = Journal(options.quiet)
    transport = configure(options)
    server = oslo_messaging.get_rpc_server(
        transport,
        oslo_messaging.Target(exchange=options.exchange, topic=options.topic, server=options.server),
        [Main(options.server, journal), Namespaced(), Second()],
        executor="threading",
        access_policy=POLICIES[options.policy],
    )
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    server.start()
    consuming.wait_until_consuming(server)
    print("READY", flush=True)
    end.wait()
    server.stop()
    server.wait()


if __name__ == "__main__":
    main()
