"""One scenario's broker, servers, gateway and clients, and the judgement of what they said."""

import contextlib
import json
import os
import random
import time

import pika.exceptions

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


class Stage:
    """`open()` starts everything, `back()` says that the fault is over, `judge()` ends it all and checks it."""

    def __init__(self, broker, family, name, seed):
        self.broker = broker
        self.family = family
        self.name = name
        self.seed = f"{seed}/{name}"
        self.random = random.Random(self.seed)
        self.host = broker.make_virtual_host("chaos")
        self.servers = []
        self.topics = []
        self.loads = []
        self.extra = []
        self.lossy = []
        self.dying = []
        self.back_at = None
        self.gateway = self.load = self.proxy = self.row = None

    def open(self, real=True, durable=False, quorum=False, proxied=False, user="guest:guest", load=None, **gateway):
        """Servers, a gateway that may be behind a proxy, and a load that has had its first good answers."""
        self.options = {"amqp_durable_queues": "true"} if durable else {"rabbit_quorum_queue": "true"} if quorum else {}
        self.serve_quickly(*(["--durable"] if durable else ["--quorum"] if quorum else []))
        if real:
            self.serve_really()
        self.proxy = self.family.add(Proxy(self.broker.port, self.seed)) if proxied else None
        self.url = self.host.url(self.proxy.port if proxied else None, _query(self.options), user)
        self.gateway_settings = gateway
        self.gateway = self.family.gateway(self.url, **gateway)
        self.load = self.start_load(**(load or {}))
        for topic in self.topics:
            self.load.wait_for(30, good=True, topic=topic)

    def serve_quickly(self, *options, topic=QUICK):
        """A server that is back as soon as the broker is."""
        server = self.family.verbatim_server(self.host.amqp_url, topic, "verbatim", *options)
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

    def start_load(self, *asks, **keywords):
        """Another load whose history is checked as well."""
        asks = asks or everyday(*self.topics)
        name = keywords.pop("name", "c")
        load = Load(self.gateway.port, asks, seed=self.seed, name=name, **keywords)
        self.loads.append(load)
        return load

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
    def killing(self):
        """Meanwhile a gateway is killed."""
        started = time.monotonic()
        yield
        self.dying.append(Window(started, time.monotonic()))

    def back(self, seconds=60):
        """Waits until the broker takes connections and the quick server consumes again: from then on the recovery counts."""
        until(self.broker.accepts, seconds, 0.01, what="the broker accepts AMQP")
        until(self._consumed, seconds, 0.05, what="the quick server consumes")
        self.back_at = time.monotonic()

    def recover(self, topics=None, seconds=90):
        """`back()`, then good answers of all topics again."""
        self.back()
        for topic in topics or self.topics:
            self.load.wait_for(30, good=True, topic=topic, seconds=seconds)

    def _consumed(self):
        with contextlib.suppress(pika.exceptions.AMQPError, OSError):
            with self.host.channel() as channel:
                return channel.queue_declare(QUICK, passive=True).method.consumer_count > 0
        return False

    def judge(self, recovers=True):
        """Ends the clients, the servers and the gateway; checks everything; returns the history."""
        attempts = self.run_to_the_end()
        run = Run(attempts, self._executions(), self._waiting(), tuple(self.lossy), tuple(self.dying))
        violations = checker.check(run)
        recovery = checker.recovery(attempts, self.back_at, QUICK) if self.back_at else None
        self.row = Row(self.name, violations=len(violations) + len(self.extra), recovery=recovery, **checker.summary(attempts))
        told = self.extra + [str(violation) for violation in violations]
        assert not told, f"{len(told)} violations, the first:\n" + "\n".join(told[:20]) + "\n" + self.gateway.said()
        if self.back_at and recovers:
            assert recovery is not None, "no recovery"
            assert recovery <= WORST_RECOVERY, f"recovery took {recovery:.2f} s"
        return attempts

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
        lengths = self.broker.ctl("list_queues", "-p", self.host.name, "name", "messages", "--no-table-headers")
        return not any(line.split("\t")[0] in self._queues() and line.split("\t")[1] != "0" for line in lengths.splitlines())

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


def _query(options):
    return "?" + "&".join(f"{name}={value}" for name, value in options.items()) if options else ""
