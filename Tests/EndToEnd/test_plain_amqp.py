"""Plain AMQP RPC with a real pika server: RabbitMQ's tutorial and what else such servers reply."""

import concurrent.futures
import json
import random

import pytest

from harness import http
from harness.gateway import problem
from harness.plain import pika_server

QUEUE = "/-/amqp/-"


@pytest.fixture(scope="module")
def servers(module_family, vhost):
    """One server of each behaviour, at the queue of its name."""
    names = ("tutorial", "echo", "hostile", "large", "typed", "silent")
    return {name: module_family.add(pika_server(vhost.amqp_url, name, name)) for name in names}


def post(gateway, path, body=b"", timeout=5, **fields):
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return gateway.request("POST", path, body, {"Rpc-Timeout": str(timeout), **named})


def test_the_tutorial(gateway, servers):
    answer = post(gateway, f"{QUEUE}/tutorial", b"30", timeout=30)
    assert (answer.status, answer.body) == (200, b"832040")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.headers["Rpc-Message-Id"]) == 32


@pytest.mark.parametrize("body", [b"", b"\0\xff\r\n\r\n", bytes(range(256)) * 4096, b"{not json"], ids=len)
def test_bodies_pass_untouched(gateway, servers, body):
    answer = post(gateway, f"{QUEUE}/echo", body)
    assert (answer.status, answer.body) == (200, body)


def test_properties_pass_both_ways(gateway, servers):
    fields = {
        "Content-Type": "application/x-thing; a=b",
        "Content-Encoding": "gzip",
        "Amqp-Priority": "7",
        "Amqp-Type": "kind",
        "Amqp-Message-Id": "m-1",
        "Amqp-App-Id": "tests",
        "Amqp-Timestamp": "1700000000",
        "Amqp-Delivery-Mode": "1",
        "Amqp-Headers": '{"text":"x","n":5,"yes":true,"none":null,"list":[1,"a"],"table":{"a":{"b":2}}}',
    }
    answer = post(gateway, f"{QUEUE}/echo", b"body", **fields)
    assert answer.status == 200
    for name, value in fields.items():
        if name == "Amqp-Headers":
            assert json.loads(answer.headers[name]) == json.loads(value)
        else:
            assert answer.headers[name] == value, name
    properties = servers["echo"].calls[-1]["properties"]
    assert properties["content_type"] == "application/x-thing; a=b"
    assert properties["priority"] == 7
    assert properties["delivery_mode"] == 1
    assert properties["correlation_id"] == answer.headers["Rpc-Message-Id"]
    assert 0 < int(properties["expiration"]) <= 5000


def test_without_fields_there_are_no_properties(gateway, servers):
    answer = post(gateway, f"{QUEUE}/echo", b"x")
    properties = servers["echo"].calls[-1]["properties"]
    assert set(properties) - {"headers"} == {"reply_to", "correlation_id", "delivery_mode", "expiration"}
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Amqp-Type"] is None


def test_every_type_of_a_header_table(gateway, servers):
    answer = post(gateway, f"{QUEUE}/typed")
    assert json.loads(answer.headers["Amqp-Headers"]) == {
        "text": "größe",
        "int": 5,
        "big": 2**40,
        "negative": -1,
        "true": True,
        "null": None,
        "list": [1, "a", [True]],
        "table": {"inner": {"n": 1}},
        "decimal": 1.5,
    }
    assert answer.headers["Amqp-Headers"].isascii()


def test_properties_are_never_other_fields(gateway, servers):
    head = b"POST /-/amqp/-/hostile HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nRpc-Timeout: 5\r\n\r\nx"
    answers, closed = http.exchange(gateway.port, [head + head])
    assert [answer.status for answer in answers] == [200, 200]
    for answer in answers:
        assert answer.headers["Set-Cookie"] is None
        assert answer.headers["X-Evil"] is None
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Amqp-App-Id"] == "y" * 255
        assert "Amqp-Headers" in answer.headers["Amqp-Omitted"]
        assert "Amqp-Type" in answer.headers["Amqp-Omitted"]
        assert answer.body == b"x"
    assert not closed


def test_a_large_head_leaves_room_for_the_answer(gateway, servers):
    """The request's head fills most of the connection's memory, and the reply's properties would fill the rest."""
    for size in range(3000, 6200, 200):
        answer = post(gateway, f"{QUEUE}/typed", X_Filler="f" * size)
        assert answer.status in (200, 431)
        if answer.status == 200:
            assert ("Amqp-Headers" in answer.headers) != ("Amqp-Headers" in answer.headers.get("Amqp-Omitted", ""))


def test_an_answer_that_comes_again_has_room_beside_any_head(gateway, servers):
    """The answer is kept as the first request got it; the head of the one that asks again is as long as it may be."""
    first = post(gateway, f"{QUEUE}/typed", Idempotency_Key="again")
    assert first.status == 200
    for size in range(3000, 7800, 400):
        again = post(gateway, f"{QUEUE}/typed", Idempotency_Key="again", X_Filler="f" * size)
        assert (again.status, again.headers["Idempotency-Replayed"]) in ((200, "true"), (431, None))
        if again.status == 200:
            assert (again.body, again.headers["Amqp-Headers"]) == (first.body, first.headers["Amqp-Headers"])


def test_a_message_that_nobody_answers(gateway, servers):
    before = len(servers["tutorial"].calls)
    answer = post(gateway, f"{QUEUE}/tutorial:cast", b"3", Amqp_Type="once")
    assert (answer.status, answer.body) == (202, b"")
    call = servers["tutorial"].wait_for_requests(before + 1)[-1]
    assert call["body"] == "3"
    assert call["properties"]["type"] == "once"
    assert "reply_to" not in call["properties"]


def test_a_server_that_stays_silent(gateway, servers):
    members = problem(post(gateway, f"{QUEUE}/silent", b"", 1), 504, "messaging-timeout", "gateway", "maybe", False)
    assert members["amqp"] == {"exchange": "", "routing_key": "silent"}


@pytest.mark.parametrize("suffix", ["", ":cast"])
def test_no_queue(gateway, servers, suffix):
    answer = post(gateway, f"{QUEUE}/no.such.queue{suffix}")
    members = problem(answer, 503, "undeliverable", "broker", "no", True)
    assert members["amqp"]["routing_key"] == "no.such.queue"
    assert answer.seconds < 2


def test_no_exchange(gateway, servers):
    answer = post(gateway, "/-/amqp/no.such.exchange/key")
    assert answer.status in (500, 503)
    assert answer.json()["executed"] == "no"
    # The loss of the channel hurts nobody else.
    assert post(gateway, f"{QUEUE}/echo", b"on").body == b"on"


def test_exchanges_and_keys_of_any_name(gateway, vhost, servers, module_family):
    with vhost.channel() as channel:
        for exchange, kind in (("plain/x", "topic"), ("-", "fanout"), ("plain.empty", "direct")):
            channel.exchange_declare(exchange, kind)
        channel.queue_bind("echo", "plain/x", "a.*")
        channel.queue_bind("echo", "-", "")
        channel.queue_bind("echo", "plain.empty", "")
    for path in (
        "/-/amqp/plain%2Fx/a.b",
        "/-/amqp/plain%2Fx/a.b:c",
        "/-/amqp/-/-?exchange=-&routing_key=x",
        "/-/amqp/plain.empty/-?routing_key=",
    ):
        answer = post(gateway, path, path.encode())
        assert (answer.status, answer.body) == (200, path.encode()), path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Amqp-Priority", "10"),
        ("Amqp-Priority", "high"),
        ("Amqp-Delivery-Mode", "0"),
        ("Amqp-Timestamp", "-1"),
        ("Amqp-Headers", "[1]"),
        ("Amqp-Headers", '{"a":1,"a":2}'),
        ("Amqp-Headers", "{"),
        ("Amqp-Headers", '{"a":9223372036854775808}'),
        ("Amqp-Headers", '{"a":1,"\\ud800":2}'),
        ("Amqp-Headers", '{"a":1,"b":["\\udc00"]}'),
        ("Amqp-Type", "x" * 256),
        ("Rpc-Timeout", "soon"),
    ],
)
def test_a_wrong_field(gateway, servers, name, value):
    answer = gateway.request("POST", f"{QUEUE}/echo", b"", {name: value})
    assert problem(answer, 400, "invalid-request", "gateway", "no", False)["detail"].startswith(name)


def test_a_field_given_twice(gateway, servers):
    head = b"POST /-/amqp/-/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAmqp-Type: a\r\nAmqp-Type: b\r\n\r\n"
    answers, _ = http.exchange(gateway.port, head)
    problem(answers[0], 400, "invalid-request", "gateway", "no", False)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method(gateway, method):
    answer = gateway.request(method, f"{QUEUE}/echo")
    problem(answer, 405, "http-405")
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_a_page_of_another_origin(gateway, servers):
    fields = {"Content-Type": "text/plain"}
    answer = gateway.request("POST", f"{QUEUE}/echo", b"x", {**fields, "Origin": "http://evil.example"})
    problem(answer, 403, "forbidden", "gateway", "no", False)
    ours = f"http://127.0.0.1:{gateway.port}"
    assert post(gateway, f"{QUEUE}/echo", b"x", Origin=ours, **fields).status == 200


def test_switched_off(family, vhost, servers):
    gateway = family.gateway(vhost.url(), amqp_enabled="false")
    problem(post(gateway, f"{QUEUE}/echo"), 403, "forbidden", "gateway", "no", False)


def test_many_at_a_time(gateway, servers):
    """Each reply finds its own request."""
    bodies = [random.Random(n).randbytes(n * 37 % 5000) for n in range(300)]
    with concurrent.futures.ThreadPoolExecutor(16) as several:
        answers = list(several.map(lambda body: post(gateway, f"{QUEUE}/echo", body, 20), bodies))
    assert [answer.body for answer in answers] == bodies


def test_a_large_reply(gateway, servers):
    answer = post(gateway, f"{QUEUE}/large", str(8 << 20).encode(), 20)
    assert (answer.status, len(answer.body)) == (200, 8 << 20)
    assert answer.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("-/any:cast", '{"x": [{"y": 1e999}]}', 400),
        ("-/amq.rabbitmq.reply-to.abc.def", None, 500),
        ("-/any", '{"CC": ["amq.rabbitmq.reply-to.abc.def"]}', 500),
        ("-/any", '{"BCC": ["amq.rabbitmq.reply-to.abc.def"]}', 500),
    ],
)
def test_what_would_end_everybodys_connection_is_refused(gateway, servers, path, headers, status):
    answer = gateway.request("POST", f"/-/amqp/{path}", b"1", {"Amqp-Headers": headers} if headers else {})
    assert (answer.status, answer.json()["executed"]) == (status, "no"), answer.body
