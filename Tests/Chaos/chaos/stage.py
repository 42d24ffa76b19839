"""One scenario's broker, servers, gateway and clients, and the judgement of what they said."""

import collections
import contextlib
import json
import os
import random
import re
import time

import pika.exceptions
import pytest

from chaos import checker
from chaos.history import Execution, Run, Window
from chaos.load import Load, everyday
from chaos.proxy import Proxy
from chaos.table import Row
from harness.waiting import until

QUICK = "quick"
REAL = "real"
# The promise, in seconds. CHAOS_PATIENCE widens it on a machine that does other work meanwhile.
WORST_RECOVERY = 5.0 * float(os.environ.get("CHAOS_PATIENCE", "1"))
# oslo.messaging's servers wait longer by themselves before they come back; theirs is not what is measured.
IMPATIENT = {"kombu_reconnect_delay": "0.1", "rabbit_interval_max": "1"}


Resources = collections.namedtuple("Resources", "memory descriptors")


class Stage:
    """`open()` starts everything, `back()` says that the fault is over, `judge()` ends it all and checks it."""

    def __init__(self, broker, family, node, seed):
        self.broker = broker
        self.family = family
        self.name = re.sub(r"[\W_]+", " ", node.name.removeprefix("test_")).strip()
        self.seed = f"{seed}/{self.name}"
        self.random = random.Random(self.seed)
        self.host = broker.make_virtual_host("chaos")
        self.servers = []
        self.topics = []
        self.loads = []
        self.extra = []
        self.lossy = []
        self.dying = []
        self.gone = []
        self.recovered = []
        self.gateway = self.load = self.proxy = self.row = None

    def open(self, real=True, durable=False, quorum=False, proxied=False, user="guest:guest", load=None, config=None, **gateway):
        """Servers, a gateway that may be behind a proxy, and a load that has had its first good answers."""
        self.options = {"amqp_durable_queues": "true"} if durable else {"rabbit_quorum_queue": "true"} if quorum else {}
        self.serve_quickly(*(["--durable"] if durable else ["--quorum"] if quorum else []))
        if real:
            self.serve_really()
        self.proxy = self.family.add(Proxy(self.broker.port, self.seed)) if proxied else None
        self.url = self.host.url(self.proxy.port if proxied else None, _query(self.options), user)
        # Under libfaketime a program in Swift does not see its command line.
        self.gateway_settings = gateway = {"http_listen": "127.0.0.1:0", "transport_url": self.url, **gateway}
        self.gateway = self.family.gateway(self.url, *(["--config", config] if config else []), **gateway)
        self.load = self.start_load(**(load or {}))
        for topic in self.topics:
            self.load.wait_for(30, good=True, topic=topic)
        self.reply_queues = self.host.reply_queues()

    def serve_quickly(self, *options, topic=QUICK):
        """A server that is back as soon as the broker is."""
        server = self.family.verbatim_server(self.host.server_url, topic, "verbatim", *options)
        self._serves(server, topic)
        return server

    def serve_really(self, topic=REAL):
        """A server of oslo.messaging."""
        server = self.family.oslo_server(self.host.url(query=_query({**self.options, **IMPATIENT})), topic, "alpha")
        self._serves(server, topic)
        return server

    def _serves(self, server, topic):
        self.servers.append(server)
        if topic not in self.topics:
            self.topics.append(topic)

    def bind_again(self):
        """Gives the servers' queues back the bindings that went with an exchange."""
        for queue in self._queues():
            self.host.declare_queue(queue)

    def start_load(self, *asks, timeout=3.0, **keywords):
        """Another load whose history is checked as well."""
        asks = asks or everyday(*self.topics, timeout=timeout)
        load = Load(self.gateway.port, asks, seed=self.seed, name=f"{'abcdefgh'[len(self.loads)]}", **keywords)
        self.loads.append(load)
        return load

    @contextlib.contextmanager
    def attackers(self, *asks, **keywords):
        """A load whose own answers are not judged; what its requests did is."""
        load = Load(self.gateway.port, asks, seed=self.seed, name="attacker", **keywords)
        try:
            load.wait_for(20)
            yield load
        finally:
            load.stop()

    def another_gateway(self, **keywords):
        """One more gateway, which clients will be sent to from now on; returns the former one."""
        former, self.gateway = self.gateway, self.family.gateway(self.url, **{**self.gateway_settings, **keywords})
        for load in self.loads:
            load.port = self.gateway.port
        return former

    @contextlib.contextmanager
    def losing(self):
        """Meanwhile something other than the gateway loses messages that it had taken."""
        started = time.monotonic()
        yield
        self.lossy.append(Window(started, time.monotonic()))

    @contextlib.contextmanager
    def leaving(self):
        """Meanwhile a gateway ends and no other listens in its place."""
        started = time.monotonic()
        yield
        self.gone.append(Window(started, time.monotonic()))

    @contextlib.contextmanager
    def killing(self):
        """Meanwhile a gateway is killed."""
        started = time.monotonic()
        yield
        self.dying.append(Window(started, time.monotonic()))

    def back(self, seconds=60):
        """Waits until the broker takes connections and the quick server consumes again: from then on the recovery counts."""
        until(self.broker.accepts, seconds, 0.01, what="the broker accepts AMQP")
        until(self._consumed, seconds, 0.05, what="the quick server consumes")
        return time.monotonic()

    def recover(self, topics=None, seconds=90):
        """`back()`, then good answers of all topics again."""
        back = self.back()
        for topic in topics or self.topics:
            self.load.wait_for(30, good=True, topic=topic, seconds=seconds)
        self.recovered.append(Window(back, time.monotonic()))

    def feel(self, *codes, seconds=30):
        """Waits until the load is told one of the codes: then the fault is there."""
        position = len(self.load.attempts)
        until(
            lambda: any(attempt.code in codes for attempt in self.load.attempts[position:]),
            seconds,
            what=f"{codes} is told",
        )

    def load_for(self, seconds):
        """Lets the load go on for so long: faults that are a matter of time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.load.wait_for(1)

    def resources(self, seconds=0):
        """What the gateway has at the end of so many seconds under the everyday load."""
        self.load_for(seconds)
        return Resources(round(self.gateway.memory(), 1), self.gateway.descriptors())

    def spare(self, attack, requests=300):
        """The load's answers while `attack()` is under way, a context, must be what they were before it."""
        before = self._answers_of(requests)
        with attack:
            during = self._answers_of(requests)
        for (kind, topic), (calm, attacked) in checker.different_answers(before, during).items():
            self.extra.append(f"victims: {kind} to {topic} was answered {calm}, then {attacked}")

    def _answers_of(self, requests):
        position = len(self.load.attempts)
        self.load.wait_for(requests)
        return self.load.attempts[position:]

    def _consumed(self):
        with contextlib.suppress(pika.exceptions.AMQPError, OSError):
            with self.host.channel() as channel:
                return channel.queue_declare(QUICK, passive=True).method.consumer_count > 0
        return False

    def judge(self, known=None):
        """Ends the clients, the servers and the gateway; checks everything; returns the history.

        `known` are the rule and the reason of a defect that is not mended: violations of this rule alone are an expected failure.
        """
        attempts = self.run_to_the_end()
        run = Run(attempts, self._executions(), self._waiting(), tuple(self.lossy), tuple(self.dying), tuple(self.gone))
        violations = checker.check(run)
        recoveries = self._recoveries(attempts)
        violations += [checker.Violation("no recovery", "not to the end") for seconds in recoveries if seconds is None]
        slow = [seconds for seconds in recoveries if seconds and seconds > WORST_RECOVERY]
        violations += [checker.Violation("slow recovery", f"{seconds:.2f} s") for seconds in slow]
        counts = checker.summary(attempts)
        expected = [violation for violation in violations if known and violation.rule == known[0]]
        violations = [violation for violation in violations if violation not in expected]
        self.row = Row(
            self.name,
            violations=len(violations) + len(self.extra),
            recoveries=tuple(recoveries),
            known=f"{len(expected)} times {known[0]}: {known[1]}" if expected else "",
            **counts,
        )
        told = self.extra + [str(violation) for violation in violations]
        assert not told, f"{len(told)} violations, the first:\n" + "\n".join(told[:20] + self.gateway.errors[-20:])
        if expected:
            pytest.xfail(self.row.known)
        return attempts

    def _recoveries(self, attempts):
        """Of each fault, up to the next one; of the last, up to the end."""
        ends = [window.end for window in self.recovered[:-1]] + [float("inf")]
        return [
            checker.recovery([attempt for attempt in attempts if attempt.started < end], window.start, QUICK)
            for window, end in zip(self.recovered, ends)
        ]

    def run_to_the_end(self):
        """Clients first, so that servers run what was promised; then the gateway must be well, and end well."""
        attempts = sorted((attempt for load in self.loads for attempt in load.stop()), key=lambda attempt: attempt.ended)
        self._expect("the gateway runs", lambda: self.gateway.running)
        if self.gateway.running:
            self._expect("/readyz is 200", lambda: self.gateway.get("/readyz").status == 200, 5)
        # What was promised is run before the servers end; what is not is the checker's to find.
        with contextlib.suppress(AssertionError):
            until(lambda: not checker.unheard(Run(attempts, self._executions())), 5, 0.2)
            until(self._empty, 5, 0.2)
        for server in self.servers:
            server.stop()
        status = self.gateway.stop(30)
        self._expect(f"the gateway ends with 0, not {status}", lambda: status == 0)
        return attempts

    def _expect(self, what, condition, seconds=0):
        try:
            until(condition, seconds, what=what)
        except (AssertionError, OSError) as error:
            self.extra.append(f"not so: {what} ({error})")

    def _executions(self):
        return [
            Execution(str(call["arguments"].get("value")), call.get("id"), call.get("redelivered", False))
            for server in self.servers
            for call in server.calls
        ]

    def _queues(self):
        return [name for server in self.servers for name in (server.topic, f"{server.topic}.{server.server}")]

    def _empty(self):
        with contextlib.suppress(pika.exceptions.AMQPError, OSError), self.host.channel() as channel:
            return not any(channel.queue_declare(queue, passive=True).method.message_count for queue in self._queues())
        return False

    def _waiting(self):
        """The marks of messages that lie in the servers' queues and were not run."""
        ran = {call.get("id") for server in self.servers for call in server.calls} - {None}
        marks = set()
        for queue in set(self._queues()):
            with contextlib.suppress(pika.exceptions.AMQPChannelError), self.host.channel() as channel:
                while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
                    message = json.loads(json.loads(body)["oslo.message"])
                    if message.get("_unique_id") not in ran:
                        marks.add(str(message["args"].get("value")))
        return frozenset(marks)

    def clean_up(self):
        for load in self.loads:
            load.ends.set()


def told(request, stage):
    """Gives the stage to a test, and afterwards its row to the table and a line to whoever looks on."""
    yield stage
    stage.clean_up()
    if not stage.row:
        return
    plugins = request.config.pluginmanager
    request.config.rows.append(stage.row)
    # At once, past what keeps a test's own output back.
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        plugins.getplugin("terminalreporter").write_line(f"\n{stage.name}: {stage.row}, seed {stage.seed}")


def _query(options):
    return "?" + "&".join(f"{name}={value}" for name, value in options.items()) if options else ""
