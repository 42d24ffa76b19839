# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""The loads: each runs a few seconds at one level and returns one sample."""

import json
import time

from harness.processes import Failure, Service, output_of
from harness.services import PEERS, SERVER, SLEEP_SECONDS, TOPIC
from harness.usage import Spending, resident_megabytes

# Over the length of a load: connecting, warm-up, late answers.
GRACE = 60
# Calls that go on while others are suspended.
GOING_ON = 64


def _json_line(text, program):
    for line in text.splitlines():
        if line.startswith("{"):
            return json.loads(line)
    raise Failure(f"{program} printed no figures: {text[-500:]}")


def _raw(figures, cpu_us, broker_us, resident=None):
    """A sample of the raw client."""
    return {"calls": figures["calls"], "calls_per_s": figures["calls_per_s"], "p50_us": figures["p50_ms"] * 1000,
            "p99_us": figures["p99_ms"] * 1000, "p999_us": figures["p999_ms"] * 1000, "cpu_us": cpu_us,
            "broker_us": broker_us, "resident_mib": resident, "errors": 0}


def floor_load(program, broker, server=SERVER, pid=None):
    """The raw client with N calls in flight; own CPU is the client's, or the server's where its pid is given."""
    def run(level, seconds):
        spending = Spending(broker=[broker.pid], server=[pid] if pid else [])
        command = [program, broker.port, TOPIC, server, level, seconds]
        figures = _json_line(output_of(command, seconds + GRACE), "floor")
        cpu = spending.per_call(figures["calls"])
        return _raw(figures, cpu["server"] if pid else figures["cpu_us"], cpu["broker"],
                    resident_megabytes(pid) if pid else None)
    return run


def oslo_load(python, broker):
    """Python's oslo.messaging client in N threads."""
    def run(level, seconds):
        spending = Spending(broker=[broker.pid])
        url = f"rabbit://guest:guest@127.0.0.1:{broker.port}/"
        command = [python, PEERS / "oslo_client.py", url, TOPIC, SERVER, level, seconds]
        figures = _json_line(output_of(command, seconds + GRACE), "oslo_client.py")
        return _raw(figures, figures["cpu_us"], spending.per_call(figures["calls"])["broker"])
    return run


class HTTPLoad:
    """The load generator against one service. The level is the number of connections, or the rate where one is given."""

    def __init__(self, program, target, broker=None, method="echo", body=100, status=200, fresh=False, connections=None):
        self.program, self.target, self.broker = program, target, broker
        self.connections = connections
        self.words = ["-u", target.path(method), "-b", body, "-e", status, *(["-f"] if fresh else []),
                      *(["-H", target.field] if target.field else []), *(target.tls.words if target.tls else [])]

    def __call__(self, level, seconds):
        if self.connections:
            return self.run(self.connections, seconds, ["-r", level])
        return self.run(level, seconds)

    def run(self, connections, seconds, more=()):
        self.target.check()
        spending = Spending(own=self.target.pids, broker=[self.broker.pid] if self.broker else [])
        command = [self.program, "-p", self.target.port, "-c", connections, "-s", seconds, *self.words, *more]
        figures = _json_line(output_of(command, seconds + GRACE), "load")
        cpu = spending.per_call(figures["calls"])
        errors = figures["bad_statuses"] + figures["broken"] + figures["unanswered"]
        resident = sum(map(resident_megabytes, self.target.pids))
        return {**figures, "cpu_us": cpu["own"], "broker_us": cpu.get("broker"), "resident_mib": resident, "errors": errors}


class SuspendedLoad:
    """The level is how many calls wait for a method that sleeps, each on a connection, while 64 others go on."""

    def __init__(self, program, target, broker):
        self.program, self.target = program, target
        self.going_on = HTTPLoad(program, target, broker)

    def __call__(self, level, seconds):
        if not level:
            return self.going_on.run(GOING_ON, seconds)
        words = ["-p", self.target.port, "-u", self.target.path("sleep"), "-c", level, "-n", level]
        waiting = Service([self.program, *words], limit=GRACE)
        try:
            return self._beside(waiting, seconds)
        finally:
            waiting.stop()

    def _beside(self, waiting, seconds):
        begun = time.monotonic()
        waiting.wait_for("^sent")
        # The last ones are still on their way to the server.
        time.sleep(0.5)
        resident = sum(map(resident_megabytes, self.target.pids))
        sample = self.going_on.run(GOING_ON, seconds)
        in_time = time.monotonic() - begun < SLEEP_SECONDS
        figures = json.loads(waiting.wait_for(r"^\{.*")[0])
        errors = figures["bad_statuses"] + figures["broken"] + figures["unanswered"]
        if not in_time:
            print("suspended: the calls that wait came back before the others were measured", flush=True)
        return {**sample, "resident_mib": resident, "errors": sample["errors"] + errors, "in_time": in_time}
