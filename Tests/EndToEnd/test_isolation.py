"""One client's mistakes on the broker, with victims beside it: 24 clients who call a healthy server see nothing of them."""

import asyncio
import contextlib
import gzip
import itertools
import json
import socket
import time
import urllib.parse

import pytest

from harness.gateway import problem
from harness.modes import MODES
from harness.waiting import until
from test_concurrency import read_answer, request

VICTIMS = 24
_marks = itertools.count()


@pytest.fixture(scope="module")
def healthy(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "healthy", "alpha", "--threads", "64")


@pytest.fixture(scope="module", params=[{}, MODES["unconfirmed"], MODES["both"]], ids=["default", "unconfirmed", "both"])
def settings(request):
    return request.param


@pytest.fixture(scope="module")
def attacked(module_family, vhost, healthy, settings):
    """A gateway that has been used before: what its first calls prove is known."""
    gateway = module_family.gateway(vhost.url(), http_max_body_bytes=1 << 20, **settings)
    assert gateway.post("/healthy/alpha/echo", {"value": 0}).status == 200
    return gateway


class Victims:
    """24 clients who call and cast, one request after the other each, until they are told to stop."""

    def __init__(self, port):
        self.port = port
        self.calls = 0
        self.casts = []
        self.wrong = []
        self.slowest = 0
        self.ends = False

    async def one(self, number):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while not self.ends:
                mark = f"{self.port}-{next(_marks)}"
                is_cast = number % 4 == 0
                path = "/healthy/alpha/hit:cast" if is_cast else "/healthy/alpha/echo"
                arguments = {"mark": mark} if is_cast else {"value": mark}
                started = time.monotonic()
                writer.write(request(path, arguments))
                status, body = await read_answer(reader)
                self.slowest = max(self.slowest, time.monotonic() - started)
                self.note(is_cast, mark, status, body)
                # Calls wait for the server by themselves; casts would fill its queue.
                await asyncio.sleep(0.05 if is_cast else 0)
        finally:
            writer.close()

    def note(self, is_cast, mark, status, body):
        if is_cast and status == 202:
            self.casts.append(mark)
        elif not is_cast and status == 200 and json.loads(body) == mark:
            self.calls += 1
        else:
            self.wrong.append((status, body[:300]))

    async def beside(self, attack):
        """Runs the attack with all of them at work before it, during it and after it."""
        tasks = [asyncio.create_task(self.one(number)) for number in range(VICTIMS)]
        await asyncio.sleep(0.3)
        try:
            return await attack
        finally:
            await asyncio.sleep(0.3)
            self.ends = True
            await asyncio.gather(*tasks)


async def post(port, path, arguments=b"{}", fields=""):
    """One request on a connection of its own; gives status and members of the problem, if it is one."""
    body = arguments if isinstance(arguments, bytes) else json.dumps(arguments).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
    try:
        writer.write(head.encode() + body)
        status, answer = await read_answer(reader)
        return status, json.loads(answer) if status >= 400 else answer
    finally:
        writer.close()


def check(gateway, healthy, attack, figure, slowest=None):
    """Attacks beside the victims; gives the attack's answers. No victim may see it, lose a message or have one twice.

    With `slowest` none of their answers may take so many seconds.
    """
    victims = Victims(gateway.port)
    answers = asyncio.run(victims.beside(attack(gateway.port)))
    assert not victims.wrong, (len(victims.wrong), victims.calls, victims.wrong[:3])
    assert victims.calls > VICTIMS
    wanted = set(victims.casts)

    def ran():
        return [call["arguments"]["mark"] for call in healthy.calls if call["method"] == "hit" and call["arguments"]["mark"] in wanted]

    until(lambda: len(ran()) >= len(wanted), 10, what="every confirmed cast runs")
    assert sorted(ran()) == sorted(wanted), "a confirmed cast ran twice"
    figure(f"{victims.calls} calls and {len(wanted)} casts beside it, the slowest {victims.slowest * 1000:.0f} ms")
    assert slowest is None or victims.slowest < slowest
    return answers


def test_names_that_look_alike(attacked, healthy, figure):
    composed, decomposed = "a\u00e9", "ae\u0301"
    assert composed != decomposed and len(composed.encode()) != len(decomposed.encode())

    async def attack(port):
        answers = []
        for name in (composed, decomposed) * 10:
            quoted = urllib.parse.quote(name)
            answers.append(await post(port, f"/healthy/alpha/echo?exchange={quoted}", {"value": 1}))
            answers.append(await post(port, f"/-/amqp/{urllib.parse.quote(decomposed + 'x')}/k:cast"))
        return answers

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["code"], members["executed"]) == (503, "undeliverable", "no")


def test_names_that_quote_what_the_broker_says(attacked, healthy, figure):
    name = urllib.parse.quote("x no exchange 'openstack")

    async def attack(port):
        answers = []
        for _ in range(20):
            answers.append(await post(port, f"/-/amqp/{name}/k:cast"))
            answers.append(await post(port, f"/-/amqp/{name}/k"))
        return answers

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["code"], members["executed"]) == (503, "undeliverable", "no")


def test_exchanges_of_another_type(attacked, healthy, vhost, figure):
    with vhost.channel() as channel:
        for number in range(60):
            channel.exchange_declare(f"typed{number}_fanout", "topic")

    async def attack(port):
        return [await post(port, f"/typed{number}/*/m:cast") for number in range(60)]

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["code"], members["executed"]) == (500, "broker-configuration", "no")


def test_exchanges_that_take_nothing(attacked, healthy, vhost, figure):
    with vhost.channel() as channel:
        channel.exchange_declare("inner", "topic", internal=True)

    async def attack(port):
        paths = ["/-/amqp/inner/k:cast", "/-/amqp/amq.rabbitmq.trace/k:cast", "/healthy/alpha/echo?exchange=amq.mine"]
        return await asyncio.gather(*(post(port, path) for path in paths * 30))

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["executed"]) == (500, "no"), members


def test_exchanges_without_rights(family, healthy, broker, vhost, settings, figure):
    broker.add_user("limited", "secret", vhost.name, "^(?!secret).*")
    try:
        with vhost.channel() as channel:
            channel.exchange_declare("secret", "topic")
            channel.exchange_declare("secret2_fanout", "fanout", auto_delete=True)
        gateway = family.gateway(vhost.url().replace("guest:guest", "limited:secret"), **settings)

        async def attack(port):
            paths = ["/-/amqp/secret/k:cast", "/healthy/alpha/echo?exchange=secret", "/secret2/*/m:cast"]
            return await asyncio.gather(*(post(port, path) for path in paths * 30))

        for status, members in check(gateway, healthy, attack, figure):
            assert (status, members["code"], members["executed"]) == (500, "broker-configuration", "no")
    finally:
        broker.delete_user("limited")


def test_exchanges_that_are_deleted_under_load(attacked, healthy, vhost, figure):
    async def attack(port):
        def delete():
            with vhost.channel() as channel:
                for _ in range(40):
                    for number in range(4):
                        channel.exchange_delete(f"passing{number}")
                    time.sleep(0.02)

        deleting = asyncio.get_running_loop().run_in_executor(None, delete)
        answers = []
        while not deleting.done():
            paths = [f"/t/m?exchange=passing{number}" for number in range(4)]
            answers += await asyncio.gather(*(post(port, path) for path in paths * 4))
        await deleting
        return answers

    for status, members in check(attacked, healthy, attack, figure):
        # Those who send to the very exchange may be in doubt; that they were executed nobody may deny wrongly.
        assert status in (500, 503), members
        assert members["code"] in ("undeliverable", "broker-configuration", "delivery-unknown"), members
        assert (members["executed"] == "maybe") == (members["code"] == "delivery-unknown")


def test_a_notification_queue_in_another_form(attacked, healthy, vhost, figure):
    with vhost.channel() as channel:
        channel.queue_declare("odd.info", arguments={"x-max-length": 5})

    async def attack(port):
        return [await post(port, "/-/notifications/odd/some.event", {"a": 1}) for _ in range(20)]

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["code"], members["executed"]) == (500, "broker-configuration", "no")


def test_two_thousand_exchanges_in_a_second(attacked, healthy, broker, vhost, figure):
    async def attack(port):
        gate = asyncio.Semaphore(200)

        async def one(number):
            async with gate:
                return await post(port, f"/t/m?exchange=many{number}" if number % 2 else f"/many{number}/*/m:cast")

        return await asyncio.gather(*(one(number) for number in range(2_000)))

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["executed"]) == (503, "no"), members
    names = broker.run("ctl", "--quiet", "list_exchanges", "-p", vhost.name, "name").split()
    left = [name for name in names if name.startswith("many")]
    assert not left, f"{len(left)} exchanges stay declared"


def test_bodies_that_grow_when_decoded(family, healthy, vhost, figure):
    """16 kB of gzip that stand for 16 MB, and some that stand for more than a body may have."""
    gateway = family.gateway(vhost.url())
    assert gateway.post("/healthy/alpha/echo", {"value": 0}).status == 200
    limit = (16 << 20) - (64 << 10)
    bodies = [gzip.compress(b" " * size) for size in (limit, limit + 1)]
    before = gateway.memory()

    async def attack(port):
        requests = (post(port, "/healthy/alpha/echo", bodies[number % 2], "Content-Encoding: gzip\r\n") for number in range(40))
        return await asyncio.gather(*requests)

    answers = check(gateway, healthy, attack, figure)
    assert {(status, members["executed"]) for status, members in answers} == {(400, "no"), (413, "no")}
    assert gateway.memory() - before < 120


def test_replies_that_grow_when_inflated(family, healthy, verbatim, vhost, figure):
    """Replies of 60 kB that stand for 60 MB, and some that stand for more than a reply may have."""
    gateway = family.gateway(vhost.url())
    assert gateway.post("/healthy/alpha/echo", {"value": 0}).status == 200
    assert gateway.post("/verbatim/compressed", {"kind": "one", "size": 60_000_000}).json() == 1
    largest = 64 << 20
    before = gateway.memory()

    async def attack(port):
        calls = [{"kind": ("one", "two", "failure")[number % 3], "size": 60_000_000} for number in range(30)]
        calls += [{"kind": "one", "size": largest}, {"kind": "one", "size": largest + 1}]
        # The server makes each of them in some tenths of a second of processor time, of which others may take their share.
        seconds = [60] * (len(calls) - 1) + [4]
        requests = zip(calls, seconds, strict=True)
        answers = [post(port, "/verbatim/compressed", call, f"Rpc-Timeout: {most}\r\n") for call, most in requests]
        return await asyncio.gather(*answers)

    # Each takes some tenths of a second; one after the other on the victims' thread they would take many.
    *answers, last, larger = check(gateway, healthy, attack, figure, slowest=1)
    for one, two, failure in zip(answers[::3], answers[1::3], answers[2::3], strict=True):
        assert [(status, json.loads(body)) for status, body in (one, two)] == [(200, 1), (200, "first")]
        assert (failure[0], failure[1]["exception"]["class"]) == (500, "Odd")
    assert (last[0], json.loads(last[1])) == (200, 1)
    assert (larger[0], larger[1]["code"]) == (504, "messaging-timeout")
    assert gateway.memory() - before < 300


class Unread:
    """A gathering of one reply, of so many bytes, whose answer nobody reads beyond its head."""

    PER_REPLY = 256

    def __init__(self, port, size):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        body = json.dumps({"kind": "result", "size": size}).encode()
        head = "POST /verbatim/*/compressed:gather?min=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nRpc-Timeout: 20\r\n"
        self.socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def head(self):
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.socket.recv(1000)
        return received.split(b"\r\n\r\n")[0].decode().lower()


def test_gathers_whose_replies_take_all_the_memory_for_them(family, healthy, verbatim, vhost, figure):
    """Clients that read nothing hold what is gathered for them: others' gathers are refused, and nothing else is."""
    gateway = family.gateway(vhost.url())
    assert gateway.post("/healthy/alpha/echo", {"value": 0}).status == 200
    assert gateway.post("/verbatim/echo", {"value": 0}).status == 200
    limit, each = 256 << 20, 60_000_000
    last = limit - 4 * (each + Unread.PER_REPLY) - Unread.PER_REPLY
    clients = [Unread(gateway.port, size) for size in [each] * 4 + [last]]
    heads = [client.head() for client in clients]
    assert all(" 200 " in head and "rpc-replies-complete: true" in head for head in heads), heads

    async def attack(port):
        return [await post(port, "/healthy/*/echo:gather?min=1", {"value": 1}) for _ in range(20)]

    for status, members in check(gateway, healthy, attack, figure):
        assert (status, members["code"], members["executed"]) == (503, "overloaded", "no")
    for client in clients:
        client.socket.close()
    until(lambda: gateway.post("/healthy/*/echo:gather?min=1", {"value": 1}).status == 200, 5, what="there is room again")


@contextlib.contextmanager
def message_size_limit(broker, size):
    """Sets RabbitMQ's max_message_size for connections that are opened while it holds."""
    before = broker.evaluate("application:get_env(rabbit, max_message_size)")
    broker.evaluate(f"application:set_env(rabbit, max_message_size, {size})")
    try:
        yield
    finally:
        value = before.removeprefix("{ok, ").removesuffix("}") if before.startswith("{ok, ") else 128 << 20
        broker.evaluate(f"application:set_env(rabbit, max_message_size, {value})")


def test_bodies_over_the_brokers_limit(family, own_broker, settings, figure):
    with message_size_limit(own_broker, 20_000):
        vhost = own_broker.make_virtual_host("sizes")
        server = family.oslo_server(vhost.url(), "healthy", "alpha", "--threads", "64")
        gateway = family.gateway(vhost.url(), **settings)
        assert gateway.post("/healthy/alpha/echo", {"value": 0}).status == 200
        large = {"value": "x" * 30_000}

        async def attack(port):
            answers = []
            for _ in range(20):
                answers.append(await post(port, "/healthy/alpha/echo", large))
                answers.append(await post(port, "/healthy/alpha/echo:cast", large))
            return answers

        answers = check(gateway, server, attack, figure)
        for status, members in answers:
            assert (status, members["code"]) == (413, "message-too-large")
            assert (members["executed"], members["retryable"]) == ("no", False)
        # The limit is learnt: the next one is refused before it is sent.
        assert answers[-1][1]["stage"] == "connect"
        problem(gateway.post("/-/amqp/-/healthy:cast", b'"' + b"x" * 30_000 + b'"'), 413, "message-too-large", "broker", "no", False)
        assert gateway.post("/healthy/alpha/echo", {"value": "x" * 15_000}).status == 200


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_broker_that_allows_few_channels(family, own_broker, channels, settings):
    before = own_broker.evaluate("{ok, Maximum} = application:get_env(rabbit, channel_max), Maximum")
    own_broker.evaluate(f"application:set_env(rabbit, channel_max, {channels})")
    try:
        vhost = own_broker.make_virtual_host(f"few{channels}")
        gateway = family.gateway(vhost.url(), **settings)
        own_broker.evaluate(f"application:set_env(rabbit, channel_max, {before})")
        family.oslo_server(vhost.url(), "few", "alpha")

        async def run():
            paths = ["/few/alpha/echo", "/few/alpha/echo:cast", "/few/*/echo:cast", "/-/amqp/none/k:cast", "/none/m"]
            return await asyncio.gather(*(post(gateway.port, path) for path in paths * 20))

        statuses = [status for status, _ in asyncio.run(run())]
        assert statuses == [200, 202, 202, 503, 503] * 20
    finally:
        own_broker.evaluate(f"application:set_env(rabbit, channel_max, {before})")


def test_topics_that_are_the_brokers_own_names(attacked, healthy, figure):
    """At the default exchange such a name, sent to wrongly, costs the connection."""

    async def attack(port):
        names = ["amq.rabbitmq.reply-to", "amq.rabbitmq.reply-to.abc.def", "amq.rabbitmq.trace", "amq.default"]
        return await asyncio.gather(*(post(port, f"/{name}/m:cast") for name in names * 20))

    for status, members in check(attacked, healthy, attack, figure):
        assert (status, members["code"], members["executed"]) == (503, "undeliverable", "no")


def test_a_queue_is_not_taken_for_its_look_alike(attacked, vhost, family, figure):
    """A queue without consumers beside one with: looks are kept apart by bytes."""
    composed, decomposed = "kell\u00e9", "kelle\u0301"
    vhost.declare_queue(composed)
    family.oslo_server(vhost.url(), decomposed, "alpha")
    lonely, served = urllib.parse.quote(composed), urllib.parse.quote(decomposed)
    for _ in range(5):
        problem(attacked.post(f"/{lonely}/echo"), 503, "no-consumers", "broker", "no", True)
        assert attacked.post(f"/{served}/echo", {"value": 1}).status == 200
