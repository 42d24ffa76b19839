"""The RabbitMQ broker: one that `make test` started, or one of our own."""

import base64
import contextlib
import itertools
import os
import signal
import socket
import subprocess

import pika

from harness.places import ROOT

_numbers = itertools.count(1)


def binary(text):
    """A text as Erlang writes a binary."""
    return "<<" + ",".join(map(str, text.encode())) + ">>"


# Who did it, as the broker logs it.
TESTS = binary("tests")


class Broker:
    """A broker that dev/broker manages in one directory; one of our own may join the cluster of another."""

    def __init__(self, directory, ours, joins=None):
        self.directory = str(directory)
        self.ours = ours
        self.joins = joins
        if ours:
            self._start()
        self.port = int(self.run("port"))
        self.tls_port = int(self.run("tls-port"))
        self.authority = self.run("authority")

    def _start(self):
        """An interrupted start must not leave a broker behind."""
        try:
            self.run("start")
        except BaseException:
            self.run("stop")
            raise

    def run(self, *words):
        environment = {**os.environ, "BROKER_DIR": self.directory, "BROKER_CLUSTER": self.joins.directory if self.joins else ""}
        done = subprocess.run([ROOT / "dev" / "broker", *words], env=environment, capture_output=True, text=True, timeout=150)
        assert done.returncode == 0, f"dev/broker {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def ctl(self, *words):
        """rabbitmqctl; returns what it prints."""
        return self.run("ctl", "--quiet", *words)

    def accepts(self):
        """Whether the broker answers AMQP."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(5)
                connection.sendall(b"AMQP\0\0\x09\x01")
                return bool(connection.recv(1))
        except OSError:
            return False

    def freeze(self):
        """Stops the process where it is: its connections stay open and nothing answers."""
        os.kill(int(self.run("pid")), signal.SIGSTOP)

    def thaw(self):
        os.kill(int(self.run("pid")), signal.SIGCONT)

    def evaluate(self, expression):
        """The value of an Erlang expression inside the broker, as Erlang writes it."""
        return self.run("evaluate", expression)

    def make_virtual_host(self, label):
        host = VirtualHost(self, f"{label}-{os.getpid()}-{next(_numbers)}")
        host.make()
        return host

    def add_user(self, name, password, host, pattern=".*"):
        """A user who may do everything with what the pattern names in the virtual host, and read all."""
        self.evaluate(f"ok = rabbit_auth_backend_internal:add_user({binary(name)}, {binary(password)}, {TESTS})")
        self.permit(name, host, pattern)

    def permit(self, user, host, pattern=".*"):
        words = [binary(word) for word in (user, host, pattern, pattern, ".*")]
        self.evaluate(f"ok = rabbit_auth_backend_internal:set_permissions({', '.join(words)}, {TESTS})")

    def delete_user(self, name):
        self.evaluate(f"ok = rabbit_auth_backend_internal:delete_user({binary(name)}, {TESTS})")

    def make_host(self, name):
        self.evaluate(f"ok = rabbit_vhost:add({binary(name)}, {TESTS})")

    def stop(self):
        if self.ours:
            self.run("stop")


class VirtualHost:
    """A virtual host: where one test module's queues live."""

    def __init__(self, broker, name):
        self.broker = broker
        self.name = name

    def make(self):
        self.broker.make_host(self.name)
        self.broker.permit("guest", self.name)

    def delete(self):
        self.broker.evaluate(f"ok = rabbit_vhost:delete({binary(self.name)}, {TESTS})")

    def url(self, port=None, query="", user="guest:guest"):
        """The transport URL, through another port when a tap stands in between."""
        return f"rabbit://{user}@127.0.0.1:{port or self.broker.port}/{self.name}{query}"

    def close_connections(self):
        """The broker closes every connection of the virtual host, as an operator would have it."""
        self.broker.evaluate(
            '[rabbit_networking:close_connection(Connection, "test") || Connection <- rabbit_networking:connections(), '
            f"rabbit_networking:connection_info(Connection, [vhost]) =:= [{{vhost, {binary(self.name)}}}]]"
        )

    @property
    def amqp_url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.broker.port}/{self.name}"

    @property
    def server_url(self):
        """What `verbatim_server.py` connects to."""
        return self.amqp_url

    @contextlib.contextmanager
    def channel(self):
        connection = pika.BlockingConnection(pika.URLParameters(self.amqp_url))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def declare_queue(self, topic, exchange="openstack", arguments=None):
        """A queue that a server of the topic would have, with nobody who consumes it."""
        with self.channel() as channel:
            channel.exchange_declare(exchange, "topic")
            channel.queue_declare(topic, arguments=arguments)
            channel.queue_bind(topic, exchange, topic)

    def queues(self):
        """Queue names with their number of consumers."""
        lines = (
            'base64:encode_to_string(unicode:characters_to_binary([io_lib:format("~ts\\t~b\\n", [Name, Consumers]) || '
            "[{name, {resource, _, queue, Name}}, {consumers, Consumers}] "
            f"<- rabbit_amqqueue:info_all({binary(self.name)}, [name, consumers])]))"
        )
        text = base64.b64decode(self.broker.evaluate(lines).strip('"[]')).decode()
        return {name: int(consumers) for name, consumers in (line.split("\t") for line in text.splitlines())}

    def reply_queues(self):
        return [name for name in self.queues() if name.startswith("reply_")]
