"""A real oslo.messaging RPC client that does what it is told, one JSON object a line; InteropPeer is its twin in Swift.

A command: {"id": 1, "op": "call", "target": {"topic": ..., "server": ...}, "method": ..., "args": {...}, "context": {...},
"timeout": 5, "monitor": 2}. `op` is call, cast, fanout, ping or load; commands run side by side. An outcome:
{"id": 1, "result": "<JSON text>"} or {"id": 1, "error": {...}}. Ends with its input.

In an error, `class`, `module`, `bases`, `text`, `args` and `kwargs` are those of the exception that the caller catches;
`remote` holds what stood in the server's failure reply, and is null where there was none.
"""

import concurrent.futures
import json
import logging
import os
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")

import oslo_messaging  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_messaging._drivers import common  # noqa: E402

import interop_failures  # noqa: E402, F401

ALLOWED = ["interop_failures", "oslo_messaging.rpc.dispatcher"]
LINES = threading.Lock()
rebuild = common.deserialize_remote_exception


def rebuild_and_remember(data, allowed):
    """As the library does; the exception keeps what it was rebuilt from."""
    error = rebuild(data, allowed)
    error.failure = json.loads(data)
    return error


def tell(outcome):
    line = json.dumps(outcome, default=repr)
    with LINES:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def describe(error):
    kind = type(error)
    failure = getattr(error, "failure", None)
    return {
        "class": kind.__name__,
        "module": kind.__module__,
        "bases": [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__[1:]],
        "text": str(error),
        "args": list(error.args),
        "kwargs": getattr(error, "kwargs", {}),
        "remote": failure and {
            "module": failure["module"],
            "class": failure["class"],
            "message": failure["message"],
            "args": failure["args"],
            "kwargs": failure["kwargs"],
            "traceback": failure["tb"],
        },
    }


class Client:
    def __init__(self, url):
        cfg.CONF([], project="interop")
        self.transport = oslo_messaging.get_rpc_transport(cfg.CONF, url=url, allowed_remote_exmods=ALLOWED)

    def prepared(self, command):
        make = getattr(oslo_messaging, "get_rpc_client", oslo_messaging.RPCClient)
        target = oslo_messaging.Target(fanout=command["op"] == "fanout" or None, **command["target"])
        return make(
            self.transport, target, timeout=command.get("timeout"), call_monitor_timeout=command.get("monitor")
        )

    def perform(self, command):
        client = self.prepared(command)
        arguments, context = command.get("args", {}), command.get("context", {})
        if command["op"] == "load":
            return self.load(client, command)
        if command["op"] in ("cast", "fanout"):
            return client.cast(context, command["method"], **arguments)
        method = "oslo_rpc_server_ping" if command["op"] == "ping" else command["method"]
        return client.call(context, method, **arguments)

    def load(self, client, command):
        """Calls echo from several threads, each result compared with what was sent; returns figures."""
        total, threads = command["calls"], command["threads"]
        wrong, latencies = [], []

        def work(first):
            for number in range(first, total, threads):
                began = time.monotonic()
                try:
                    if client.call({}, "echo", value=f"call {number}") != f"call {number}":
                        wrong.append(f"call {number} got another call's answer")
                except Exception as error:
                    wrong.append(f"call {number}: {error!r}")
                latencies.append(time.monotonic() - began)

        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        latencies.sort()
        return {
            "calls": len(latencies),
            "wrong": len(wrong),
            "first_wrong": wrong[:5],
            "seconds": time.monotonic() - began,
            "p50": latencies[len(latencies) // 2],
            "p99": latencies[len(latencies) * 99 // 100],
            "slowest": latencies[-1],
        }

    def answer(self, command):
        try:
            tell({"id": command["id"], "result": json.dumps(self.perform(command))})
        except Exception as error:
            tell({"id": command["id"], "error": describe(error)})


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    common.deserialize_remote_exception = rebuild_and_remember
    client = Client(sys.argv[1])
    print("READY", flush=True)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for line in sys.stdin:
            pool.submit(client.answer, json.loads(line))
    # Threads of the library may outlive the work.
    os._exit(0)


if __name__ == "__main__":
    main()
