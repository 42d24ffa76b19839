# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Calls echo with Python's oslo.messaging client and prints one JSON object.

oslo_client.py URL TOPIC SERVER THREADS SECONDS
"""

import importlib.metadata
import json
import os
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")

import oslo_messaging  # noqa: E402
from oslo_config import cfg  # noqa: E402

VALUE = "x" * 87


def make_client(url, topic, server):
    # The library registers some of its options with this configuration only.
    cfg.CONF([])
    transport = oslo_messaging.get_rpc_transport(cfg.CONF, url=url)
    target = oslo_messaging.Target(topic=topic, server=server)
    return oslo_messaging.get_rpc_client(transport, target, timeout=20)


def call_until(deadline, client, latencies):
    while time.monotonic() < deadline:
        begin = time.monotonic()
        client.call({}, "echo", value=VALUE)
        latencies.append(time.monotonic() - begin)


def measure(client, threads, seconds):
    latencies = []
    deadline = time.monotonic() + seconds
    workers = [threading.Thread(target=call_until, args=(deadline, client, latencies)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return latencies


def main():
    url, topic, server = sys.argv[1:4]
    threads, seconds = int(sys.argv[4]), float(sys.argv[5])
    client = make_client(url, topic, server)
    # Connections are not what is measured.
    if client.call({}, "echo", value=VALUE) != VALUE:
        sys.exit("echo answered something else")
    processor, begin = time.process_time(), time.monotonic()
    latencies = measure(client, threads, seconds)
    elapsed, processor = time.monotonic() - begin, time.process_time() - processor
    latencies.sort()
    at = {name: latencies[int((len(latencies) - 1) * share)] * 1000
          for name, share in (("p50_ms", 0.5), ("p99_ms", 0.99), ("p999_ms", 0.999))}
    print(json.dumps({
        "version": importlib.metadata.version("oslo.messaging"), "calls": len(latencies),
        "calls_per_s": len(latencies) / elapsed, **at, "cpu_us": processor * 1e6 / len(latencies),
    }), flush=True)
    # Threads of the library may outlive the work.
    os._exit(0)


main()
