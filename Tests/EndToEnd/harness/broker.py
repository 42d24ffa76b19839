"""The RabbitMQ broker: one that `make test` started, or one of our own."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess

import pika

from harness.places import ROOT

_numbers = itertools.count(1)


class Broker:
    """A broker that dev/broker manages in one directory."""

    def __init__(self, directory, ours):
        self.directory = str(directory)
        self.ours = ours
        if ours:
            self.run("start")
        self.port = int(self.run("port"))
        self.tls_port = int(self.run("tls-port"))
        self.authority = self.run("authority")

    def run(self, *words):
        environment = {**os.environ, "BROKER_DIR": self.directory}
        done = subprocess.run([ROOT / "dev" / "broker", *words], env=environment, capture_output=True, text=True, timeout=90)
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

    def make_virtual_host(self, label):
        host = VirtualHost(self, f"{label}-{os.getpid()}-{next(_numbers)}")
        host.make()
        return host

    def stop(self):
        if self.ours:
            self.run("stop")


class VirtualHost:
    """A virtual host: where one test module's queues live."""

    def __init__(self, broker, name):
        self.broker = broker
        self.name = name

    def make(self):
        self.broker.run("ctl", "--quiet", "add_vhost", self.name)
        self.broker.run("ctl", "--quiet", "set_permissions", "-p", self.name, "guest", ".*", ".*", ".*")

    def delete(self):
        self.broker.run("ctl", "--quiet", "delete_vhost", self.name)

    def url(self, port=None, query="", user="guest:guest"):
        """The transport URL, through another port when a tap stands in between."""
        return f"rabbit://{user}@127.0.0.1:{port or self.broker.port}/{self.name}{query}"

    @property
    def amqp_url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.broker.port}/{self.name}"

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
        text = self.broker.run("ctl", "--quiet", "list_queues", "-p", self.name, "name", "consumers", "--no-table-headers")
        return {name: int(consumers) for name, consumers in (line.split("\t") for line in text.splitlines())}

    def reply_queues(self):
        return [name for name in self.queues() if name.startswith("reply_")]
