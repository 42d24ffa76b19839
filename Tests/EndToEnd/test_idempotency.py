"""`Idempotency-Key`: the same request is executed once."""

import collections
import concurrent.futures
import http.client as http_client
import uuid

import pytest

from harness import http
from harness.gateway import problem
from harness.plain import pika_server
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "keys", "alpha")


@pytest.fixture
def key():
    """A key that no other test has."""
    return {"Idempotency-Key": f'"{uuid.uuid4()}"'}


def hits(server, mark):
    return [call for call in server.calls if call["method"] == "hit" and call["arguments"]["mark"] == mark]


def test_the_answer_is_given_again(gateway, server, key):
    first = gateway.post("/keys/alpha/echo", b'{"value": 1.0}', {**key, "X-Request-Id": "req-first"})
    second = gateway.post("/keys/alpha/echo", b'{"value": 1.0}', {**key, "X-Request-Id": "req-second"})
    assert (first.status, first.body) == (second.status, second.body) == (200, b"1.0")
    assert first.headers["Idempotency-Replayed"] is None
    assert second.headers["Idempotency-Replayed"] == "true"
    for name in ("Content-Type", "Rpc-Message-Id", "Server-Timing", "X-Request-Id"):
        assert first.headers[name] == second.headers[name]


def test_the_method_runs_once(gateway, server, key):
    for _ in range(5):
        assert gateway.post("/keys/alpha/hit", {"mark": key["Idempotency-Key"]}, key).status == 200
    assert len(hits(server, key["Idempotency-Key"])) == 1


def test_quoted_and_bare_are_the_same(gateway, server, key):
    bare = {"Idempotency-Key": key["Idempotency-Key"].strip('"')}
    gateway.post("/keys/alpha/hit", {"mark": bare["Idempotency-Key"]}, key)
    answer = gateway.post("/keys/alpha/hit", {"mark": bare["Idempotency-Key"]}, bare)
    assert answer.headers["Idempotency-Replayed"] == "true"


def test_another_request_under_the_key(gateway, server, key):
    gateway.post("/keys/alpha/echo", b'{"value": 1}', key)
    for path, body, fields in [
        ("/keys/alpha/echo", b'{"value": 2}', {}),
        ("/keys/alpha/echo", b'{"value":1}', {}),
        ("/keys/alpha/kwargs", b'{"value": 1}', {}),
        ("/keys/echo", b'{"value": 1}', {}),
        ("/keys/alpha/echo?version=1.0", b'{"value": 1}', {}),
        ("/keys/alpha/echo", b'{"value": 1}', {"Rpc-Context": '{"user_id":"u2"}'}),
        ("/keys/alpha/echo", b'{"value": 1}', {"Prefer": "respond-async"}),
        ("/-/jsonrpc", b'{"value": 1}', {}),
    ]:
        answer = gateway.post(path, body, {**key, **fields})
        problem(answer, 422, "idempotency-key-reused", "gateway", "no", False)
    same = gateway.post("/keys/alpha/echo", b'{"value": 1}', {**key, "Rpc-Timeout": "7", "X-Request-Id": "other"})
    assert same.headers["Idempotency-Replayed"] == "true"


def test_while_the_first_runs(gateway, server, key):
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        first = other.submit(gateway.post, "/keys/alpha/sleep", {"seconds": 1}, key)
        server.wait_for_call("sleep")
        answer = gateway.post("/keys/alpha/sleep", {"seconds": 1}, key)
        assert (answer.status, answer.json()["code"]) == (409, "idempotency-key-in-use")
        assert answer.headers["Retry-After"] == "1"
        # The method that the key stands for is running.
        assert answer.json()["executed"] == "maybe"
        assert first.result().status == 200
    assert gateway.post("/keys/alpha/sleep", {"seconds": 1}, key).headers["Idempotency-Replayed"] == "true"


def test_what_was_not_executed_can_be_sent_again(gateway, family, vhost, key):
    topic = f"keys_{uuid.uuid4().hex[:8]}"
    problem(gateway.post(f"/{topic}/echo", b"{}", key), 503, "undeliverable")
    problem(gateway.post(f"/{topic}/echo", b"{}", key), 503, "undeliverable")
    family.oslo_server(vhost.url(), topic, "alpha")
    answer = gateway.post(f"/{topic}/echo", b"{}", key)
    assert (answer.status, answer.headers["Idempotency-Replayed"]) == (200, None)


def test_a_refused_body_leaves_no_trace(gateway, server, key):
    problem(gateway.post("/keys/alpha/echo", b"[", key), 400, "invalid-arguments-json")
    assert gateway.post("/keys/alpha/echo", b"{}", key).status == 200


def test_what_may_have_run_is_not_executed_again(gateway, server, key):
    fields = {**key, "Rpc-Timeout": "0.5"}
    for _ in range(2):
        problem(gateway.post("/keys/alpha/sleep", {"seconds": 1}, fields), 504, "messaging-timeout")
    assert gateway.post("/keys/alpha/sleep", {"seconds": 1}, fields).headers["Idempotency-Replayed"] == "true"


def test_an_exception_is_an_answer(gateway, server, key):
    arguments = {"module": "builtins", "name": "ValueError", "message": "once"}
    first, second = (gateway.post("/keys/alpha/fail", arguments, key) for _ in range(2))
    assert (first.status, first.body) == (second.status, second.body)
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/keys/alpha/hit:cast", b'{"mark": "cast"}', 202),
        ("/keys/*/hit:cast", b'{"mark": "fanout"}', 202),
        ("/keys/*/hit:gather?min=1", b'{"mark": "gather"}', 200),
        ("/-/jsonrpc", b'{"jsonrpc": "2.0", "method": "keys/alpha/hit", "params": {"mark": "jsonrpc"}, "id": 1}', 200),
        ("/-/notifications/keys/a.b", b"{}", 202),
    ],
)
def test_everything_that_sends(gateway, server, key, path, body, status):
    first, second = (gateway.post(path, body, key) for _ in range(2))
    assert (first.status, second.status) == (status, status)
    assert first.body == second.body
    assert second.headers["Idempotency-Replayed"] == "true"
    for mark in ("cast", "fanout", "gather", "jsonrpc"):
        if mark in path or mark in body.decode():
            # A second one would have come before what is sent now.
            assert gateway.post("/keys/alpha/echo", b"{}").status == gateway.post("/keys/echo", b"{}").status == 200
            assert len(hits(server, body.decode().split('"mark": "')[1].split('"')[0])) == 1
            break


def test_plain_amqp(gateway, vhost, family, key):
    server = family.add(pika_server(vhost.amqp_url, "keys_plain", "echo"))
    first, second = (gateway.request("POST", "/-/amqp/-/keys_plain", b"\0", {**key, "Amqp-Type": "t"}) for _ in range(2))
    assert first.body == second.body == b"\0"
    assert second.headers["Amqp-Type"] == "t"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(server.calls) == 1
    problem(gateway.request("POST", "/-/amqp/-/keys_plain", b"\0", {**key, "Amqp-Type": "u"}), 422, "idempotency-key-reused")


def test_with_an_answer_later(gateway, server, key):
    fields = {**key, "Prefer": "respond-async"}
    first, second = (gateway.post("/keys/alpha/hit", {"mark": key["Idempotency-Key"]}, fields) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert gateway.get(first.headers["Location"], {"Prefer": "wait=5"}).status == 200
    assert len(hits(server, key["Idempotency-Key"])) == 1


@pytest.mark.parametrize("value", ['""', '"a', "a b", '"é"', "a,b", "", "x" * 256])
def test_a_wrong_key(gateway, server, value):
    members = problem(gateway.post("/keys/alpha/echo", b"{}", {"Idempotency-Key": value}), 400, "invalid-request")
    assert members["detail"].startswith("Idempotency-Key: ")


def test_a_key_given_twice(gateway, server):
    head = b"POST /keys/alpha/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n"
    answers, _ = http.exchange(gateway.port, head)
    problem(answers[0], 400, "invalid-request")


def test_many_at_once_run_once(gateway, server, key):
    with concurrent.futures.ThreadPoolExecutor(16) as several:
        answers = list(several.map(lambda _: gateway.post("/keys/alpha/hit", {"mark": key["Idempotency-Key"]}, key), range(64)))
    assert {answer.status for answer in answers} <= {200, 409}
    assert sum(answer.status == 200 and answer.headers["Idempotency-Replayed"] is None for answer in answers) == 1
    assert len(hits(server, key["Idempotency-Key"])) == 1


def test_bounds(family, vhost, server):
    gateway = family.gateway(vhost.url(), idempotency_max=8, idempotency_max_bytes=20_000, idempotency_time_to_live_ms=3000)

    def send(name, n=10, **options):
        return gateway.post("/keys/alpha/big", {"n": n}, {"Idempotency-Key": name}, **options)

    for name in ("a", "b", "c"):
        assert send(name).status == 200
    # An answer that is too large is not kept, and the request does not run again.
    assert send("large", 100_000).status == 200
    problem(send("large", 100_000), 410, "answer-gone", "gateway", "yes", False)
    # One address has half of the places: new keys are refused, and those that it has are remembered.
    refused = send("d")
    problem(refused, 503, "overloaded", "gateway", "no", True)
    assert 1 <= int(refused.headers["Retry-After"]) <= 3
    assert {send(name).headers["Idempotency-Replayed"] for name in ("a", "b", "c")} == {"true"}
    until(lambda: send("d").status == 200, 5)


def test_another_clients_keys_push_none_out(family, vhost, server, key, figure):
    gateway = family.gateway(vhost.url(), idempotency_max=10_000)
    mark = key["Idempotency-Key"]

    def victim(key=key, mark=mark):
        return gateway.post("/keys/alpha/hit", {"mark": mark}, key, source="127.0.0.2")

    assert victim().status == 200
    flood = Flood(gateway, "/keys/alpha/echo:cast", [{"Idempotency-Key": f"flood-{n}"} for n in range(10_001)])
    assert flood.statuses == {202: 5_000, 503: 5_001}
    problem(flood.refused, 503, "overloaded", "gateway", "no", True)
    again = victim()
    assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert len(hits(server, mark)) == 1
    # And there is a place for a new key of the victim's.
    assert victim({"Idempotency-Key": f"new-{mark}"}, f"new-{mark}").headers["Idempotency-Replayed"] is None
    figure(f"10,001 keys of one client: {flood.statuses[503]} refused, the other client's first key is replayed")


class Flood:
    """Requests of one client, in order on a few connections that stay: how often each status came, and a refusal."""

    def __init__(self, gateway, path, fields, threads=4):
        self.statuses = collections.Counter()
        self.refused = None
        with concurrent.futures.ThreadPoolExecutor(threads) as several:
            parts = [fields[start::threads] for start in range(threads)]
            for answers in several.map(lambda part: self.send(gateway.port, path, part), parts):
                self.statuses.update(answer.status for answer in answers)
                self.refused = self.refused or next((answer for answer in answers if answer.status == 503), None)

    @staticmethod
    def send(port, path, fields):
        connection = http_client.HTTPConnection("127.0.0.1", port, timeout=30)
        answers = []
        for more in fields:
            connection.request("POST", path, b"{}", {"Content-Type": "application/json", **more})
            response = connection.getresponse()
            answers.append(http.Answer(response.status, response.headers, response.read()))
        connection.close()
        return answers


def test_a_flood_is_bounded(family, vhost, server):
    gateway = family.gateway(vhost.url(), idempotency_max=6000, idempotency_max_bytes=1 << 20)
    before = gateway.memory()

    def one(n):
        return gateway.post("/keys/alpha/big", {"n": 20_000}, {"Idempotency-Key": f"{n:0>250}"}).status

    with concurrent.futures.ThreadPoolExecutor(8) as several:
        assert set(several.map(one, range(3000))) == {200}
    assert gateway.memory() - before < 60
