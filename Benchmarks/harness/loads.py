#===----------------------------------------------------------------------===#
# This source file is part of the rpc-gateway project
# Licensed under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0
#===----------------------------------------------------------------------===#

"""The loads: each runs a few seconds with N calls at once and returns one sample."""

import json
import math
import pathlib

from harness.processes import Failure, output_of
from harness.services import PEERS, SERVER, TOPIC
from harness.usage import Spending

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "load" / "call.lua"
# Over the length of a load: connecting, warm-up, late answers.
GRACE = 60


def _json_line(text, program):
    for line in text.splitlines():
        if line.startswith("{"):
            return json.loads(line)
    raise Failure(f"{program} printed no figures: {text[-500:]}")


def _floor(program, broker, calls_at_once, seconds):
    """The raw client with N calls in flight."""
    spending = Spending(broker=broker.pid)
    command = [program, broker.port, TOPIC, SERVER, calls_at_once, seconds]
    figures = _json_line(output_of(command, seconds + GRACE), "floor")
    cpu = spending.per_call(figures["calls"])
    return {"calls_per_s": figures["calls_per_s"], "p50_us": figures["p50_ms"] * 1000,
            "p99_us": figures["p99_ms"] * 1000, "cpu_us": figures["cpu_us"], "broker_us": cpu["broker"], "errors": 0}


def _server(program, broker, name, pid, calls_at_once, seconds):
    """A server under the raw client with N calls in flight."""
    spending = Spending(server=pid, broker=broker.pid)
    command = [program, broker.port, TOPIC, name, calls_at_once, seconds]
    figures = _json_line(output_of(command, seconds + GRACE), "floor")
    cpu = spending.per_call(figures["calls"])
    return {"calls_per_s": figures["calls_per_s"], "p50_us": figures["p50_ms"] * 1000,
            "p99_us": figures["p99_ms"] * 1000, "cpu_us": cpu["server"], "broker_us": cpu["broker"], "errors": 0}


def _http(gateway, broker, connections, seconds):
    """The gateway under wrk with N connections."""
    gateway.service.check()
    spending = Spending(gateway=gateway.pid, broker=broker.pid if broker else None)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--latency", "-s", SCRIPT, gateway.url]
    figures = _json_line(output_of(command, seconds + GRACE), "wrk")
    cpu = spending.per_call(figures["requests"])
    return {"calls_per_s": figures["requests"] * 1e6 / max(figures["duration_us"], 1), "p50_us": figures["p50_us"],
            "p99_us": figures["p99_us"], "cpu_us": cpu["gateway"], "broker_us": cpu.get("broker"),
            "errors": figures["bad_statuses"] + figures["socket_errors"]}


def floor_load(program, broker):
    """A function of (calls at once, seconds)."""
    return lambda calls_at_once, seconds: _floor(program, broker, calls_at_once, seconds)


def server_load(program, broker, name, pid):
    """A function of (calls at once, seconds): what a server of the topic does."""
    return lambda calls_at_once, seconds: _server(program, broker, name, pid, calls_at_once, seconds)


def http_load(gateway, broker=None):
    """A function of (connections, seconds)."""
    return lambda connections, seconds: _http(gateway, broker, connections, seconds)


def oslo_sample(python, broker, threads, seconds):
    """Python's oslo.messaging client in so many threads."""
    url = f"rabbit://guest:guest@127.0.0.1:{broker.port}/"
    command = [python, PEERS / "oslo_client.py", url, TOPIC, SERVER, threads, seconds]
    return _json_line(output_of(command, seconds + GRACE), "oslo_client.py")
