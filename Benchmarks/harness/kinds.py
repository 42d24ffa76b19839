# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""The kinds of work: which loads stand beside each other, and at which levels."""

from harness import services
from harness.certificates import TLS, Certificates
from harness.loads import HTTPLoad, SuspendedLoad, floor_load, oslo_load
from harness.rounds import Kind
from harness.usage import resident_megabytes

KINDS = ("calls", "memory", "10k", "1m", "casts", "fresh", "errors", "open", "suspended", "loops", "modes", "servers", "credentials")
# What Python does needs seconds to be seen at all, and does not change beyond 64.
PYTHON_LEVELS = (1, 64)


# Settings with which the gateway spares the broker.
MODES = {
    "queue": {"rpc_route": "queue"},
    "unconfirmed": {"rpc_confirm_calls": "false"},
    "both": {"rpc_route": "queue", "rpc_confirm_calls": "false"},
}


class Parts:
    """What kinds share, each started when the first kind asks for it."""

    def __init__(self, chosen, program, folder, stack):
        self.chosen, self.program, self.folder, self.stack = chosen, program, folder, stack
        self.known, self.idle, self.targets = {}, {}, {}

    def once(self, name, make):
        if name not in self.known:
            self.known[name] = make()
        return self.known[name]

    @property
    def load(self):
        return self.once("load", lambda: services.compile_peer("load", self.folder))

    @property
    def floor(self):
        return self.once("floor", lambda: services.compile_peer("floor", self.folder))

    @property
    def broker(self):
        return self.once("broker", self._start_broker)

    def _start_broker(self):
        broker = services.Broker(self.folder, self.stack)
        self.known["echo"] = services.echo_server(self.folder, broker.port, self.stack)
        return broker

    @property
    def oslo_python(self):
        requirements = services.ROOT / "Tests" / "Peers" / "requirements-18.3.1.txt"
        return self.once("oslo python", lambda: services.python_of(requirements, "oslo-18.3.1"))

    def _target(self, name, make, echoes=True):
        def start():
            target = make()
            self.idle[name] = sum(map(resident_megabytes, target.pids))
            self.targets[name] = target
            if echoes:
                target.check_echo()
            return target
        return self.once(name, start)

    def gateway(self, name="gateway", **settings):
        return self._target(name, lambda: services.start_gateway(self.program, self.broker.url, self.stack, **settings))

    def least(self, name="least"):
        return self._target(name, lambda: services.least_gateway(self.folder, self.broker.port, self.stack))

    def memory(self):
        return self._target("memory", lambda: services.start_gateway(self.program, "memory://", self.stack, "demo", "local"))

    def bare(self):
        return self._target("bare", lambda: services.bare_http(self.folder, self.stack), echoes=False)

    def python_gateway(self):
        requirements = services.PEERS / "requirements-python-gateway.txt"
        python = self.once("python path", lambda: services.python_of(requirements, "python-gateway"))
        return python and self._target("python", lambda: services.python_gateway(python, self.broker, self.stack))

    def resident(self):
        """Resident memory now, of what was started."""
        return {name: sum(map(resident_megabytes, target.pids)) for name, target in self.targets.items()}

    def check(self):
        """Fails when one of them has ended."""
        for part in [*self.targets.values(), *filter(None, [self.known.get("echo")])]:
            part.check()


def _add(kind, parts, name, make, levels=None):
    """Adds a load unless the command line leaves it out, or what it needs is not there."""
    if parts.chosen.loads and name not in parts.chosen.loads:
        return
    load = make()
    if load:
        kind.add(name, load, levels)


def _add_both(kind, parts, **what):
    """The least gateway and the gateway."""
    _add(kind, parts, "least", lambda: HTTPLoad(parts.load, parts.least(), parts.broker, **what))
    _add(kind, parts, "gateway", lambda: HTTPLoad(parts.load, parts.gateway(), parts.broker, **what))


def _calls(parts):
    kind = Kind("calls", "calls with 100 bytes", "connections", parts.chosen.connections, "least")
    _add(kind, parts, "floor", lambda: floor_load(parts.floor, parts.broker))
    _add_both(kind, parts)

    def python():
        target = parts.python_gateway()
        return target and HTTPLoad(parts.load, target, parts.broker)
    _add(kind, parts, "python", python, PYTHON_LEVELS)
    if not parts.chosen.quick:
        _add(kind, parts, "oslo", lambda: parts.oslo_python and oslo_load(parts.oslo_python, parts.broker), PYTHON_LEVELS)
    return kind


def _memory(parts):
    kind = Kind("memory", "memory:// beside libmicrohttpd alone", "connections", parts.chosen.connections, "bare")
    _add(kind, parts, "bare", lambda: HTTPLoad(parts.load, parts.bare()))
    _add(kind, parts, "memory", lambda: HTTPLoad(parts.load, parts.memory()))
    return kind


def _simple(name, title, levels, **what):
    def make(parts):
        kind = Kind(name, title, "connections", levels, "least")
        _add_both(kind, parts, **what)
        return kind
    return make


def _open(parts):
    title = "an open loop: latency counts from when a call was to begin; calls/s are those that were to begin"
    kind = Kind("open", title, "calls a second", parts.chosen.rates, "least", compared="p50_us")
    _add_both(kind, parts, connections=256)
    return kind


def _suspended(parts):
    title = "64 connections go on while others wait for a method that sleeps; MiB is while they wait"
    kind = Kind("suspended", title, "waiting", parts.chosen.suspended, "least", once=True)
    gateway, least = "gateway, suspended", "least, suspended"
    _add(kind, parts, "least", lambda: SuspendedLoad(parts.load, parts.least(least), parts.broker))
    _add(kind, parts, "gateway", lambda: SuspendedLoad(
        parts.load, parts.gateway(gateway, rpc_max_in_flight=20000, rpc_max_in_flight_per_target=20000), parts.broker))
    return kind


def _loops(parts):
    kind = Kind("loops", "http.loops of the gateway", "connections", [64, 512], "least")
    _add(kind, parts, "least", lambda: HTTPLoad(parts.load, parts.least(), parts.broker))
    _add(kind, parts, "1 loop", lambda: HTTPLoad(parts.load, parts.gateway(), parts.broker))
    for loops in (2, 4):
        name = f"{loops} loops"
        _add(kind, parts, name, lambda: HTTPLoad(parts.load, parts.gateway(name, http_loops=loops), parts.broker))
    return kind


def _modes(parts):
    kind = Kind("modes", "calls that spare the broker: rpc.route and rpc.confirmCalls", "connections", [1, 64], "gateway")
    _add(kind, parts, "gateway", lambda: HTTPLoad(parts.load, parts.gateway(), parts.broker))
    for name, settings in MODES.items():
        _add(kind, parts, name, lambda: HTTPLoad(parts.load, parts.gateway(name, **settings), parts.broker))
    return kind


def _credentials(parts):
    kind = Kind("credentials", "calls with and without a credential, and over TLS", "connections", [1, 64], "none")
    field, keys = services.new_key(parts.program, parts.folder)
    _add(kind, parts, "none", lambda: HTTPLoad(parts.load, parts.gateway(), parts.broker))
    _add(kind, parts, "key", lambda: HTTPLoad(parts.load, parts.gateway("key", field=field, auth_keys=keys), parts.broker))
    _add(kind, parts, "key, 10,000 rules", lambda: HTTPLoad(parts.load, parts.gateway(
        "rules", field=field, auth_keys=keys, policy_file=services.long_policy(parts.folder)), parts.broker))
    token, issuers = services.new_token(parts.folder)
    _add(kind, parts, "token", lambda: HTTPLoad(
        parts.load, parts.gateway("token", field=token, auth_issuers=issuers), parts.broker))
    _add(kind, parts, "proxy", lambda: HTTPLoad(parts.load, parts.gateway(
        "proxy", field="X-Remote-User: bench", auth_proxy_addresses="127.0.0.1", auth_proxy_identity="X-Remote-User"),
        parts.broker))
    certificates = Certificates(parts.folder)
    for name, mutual in (("tls", False), ("mutual tls", True)):
        _add(kind, parts, name, lambda: HTTPLoad(
            parts.load, parts.gateway(name, tls=TLS(certificates, mutual)), parts.broker))
    return kind


def _servers(parts):
    kind = Kind("servers", "RPC servers under the raw client; own CPU is the server's", "calls at once", [1, 64], "floor")
    broker = parts.broker

    def load(start, name):
        return floor_load(parts.floor, broker, name, parts.once(f"server {name}", start).pid)
    _add(kind, parts, "floor", lambda: floor_load(parts.floor, broker, pid=parts.known["echo"].pid))
    _add(kind, parts, "swift", lambda: load(
        lambda: services.swift_server(parts.program, broker, "swift", parts.stack), "swift"))
    if parts.oslo_python:
        _add(kind, parts, "python", lambda: load(
            lambda: services.python_server(parts.oslo_python, broker, "python", parts.stack), "python"))
    return kind


_MAKERS = {
    "calls": _calls,
    "memory": _memory,
    "10k": _simple("10k", "calls with 10 KB", [64], body=10_000),
    "1m": _simple("1m", "calls with 1 MB", [8], body=1_000_000),
    "casts": _simple("casts", "casts with 100 bytes, answered after the broker's confirm", [1, 64], method="echo:cast", status=202),
    "fresh": _simple("fresh", "a new connection for each call", [64], fresh=True),
    "errors": _simple("errors", "calls to a method that raises", [64], method="fail", status=500),
    "open": _open,
    "suspended": _suspended,
    "loops": _loops,
    "modes": _modes,
    "servers": _servers,
    "credentials": _credentials,
}


def make_kinds(parts):
    """The chosen kinds, with everything that they need started."""
    return [kind for kind in (_MAKERS[name](parts) for name in parts.chosen.kinds) if kind.loads]
