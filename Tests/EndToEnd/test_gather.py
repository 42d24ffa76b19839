"""Calls to every server of a topic, which are real oslo.messaging servers of both releases."""

import concurrent.futures
import json
import time

import pytest

from harness.gateway import problem
from harness.places import RELEASES
from harness.waiting import until

SERVERS = {"new1": "18.3.1", "new2": "18.3.1", "old1": "14.0.3"}


@pytest.fixture(scope="module")
def servers(module_family, vhost):
    """Three servers of one topic."""
    assert set(SERVERS.values()) == set(RELEASES)
    made = [module_family.oslo_server(vhost.url(), "gathered", name, release=release) for name, release in SERVERS.items()]
    return {server.server: server for server in made}


def gather(gateway, method, arguments=b"{}", query="?min=3", **fields):
    return gateway.post(f"/gathered/*/{method}:gather{query}", arguments, {"Rpc-Timeout": "10", **fields})


def test_every_server_replies_once(gateway, servers):
    answer = gather(gateway, "whoami")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert sorted(reply["result"] for reply in answer.json()) == sorted(SERVERS)
    assert answer.headers["Rpc-Replies"] == "3"
    assert answer.headers["Rpc-Replies-Complete"] == "true"
    assert answer.seconds < 5


def test_the_results_come_byte_for_byte(gateway, servers):
    value = '{"b": 1.0, "a": [12345678901234567890, "größe \\u2028", null]}'
    answer = gather(gateway, "echo", f'{{"value": {value}}}'.encode())
    written = json.dumps(json.loads(value))
    assert answer.body.decode() == "[" + ",".join([f'{{"result":{written}}}'] * 3) + "]"


def test_exceptions_are_among_the_replies(gateway, servers):
    arguments = {"module": "nova.exception", "name": "InstanceNotFound", "message": "gone", "code": 404}
    for reply in gather(gateway, "fail", arguments).json():
        assert reply["exception"]["class"] == "InstanceNotFound"
        assert reply["exception"]["message"] == "gone"
        assert reply["exception"]["kwargs"] == {"code": 404}
        assert "traceback" not in reply["exception"]


def test_a_method_that_nobody_has(gateway, servers):
    replies = gather(gateway, "nothing").json()
    assert [reply["exception"]["class"] for reply in replies] == ["NoSuchMethod"] * 3


def test_the_deadline_ends_it_with_what_came(gateway, servers):
    answer = gather(gateway, "whoami", query="?min=4", **{"Rpc-Timeout": "1.5"})
    assert answer.status == 200
    assert len(answer.json()) == 3
    assert answer.headers["Rpc-Replies-Complete"] == "false"
    assert 1.4 < answer.seconds < 5


def test_without_a_minimum_it_takes_all_of_its_time(gateway, servers):
    answer = gather(gateway, "whoami", query="", **{"Rpc-Timeout": "1"})
    assert len(answer.json()) == 3
    assert answer.seconds > 0.9


def test_nobody_in_time_is_an_empty_array(gateway, servers):
    answer = gather(gateway, "sleep", {"seconds": 3}, **{"Rpc-Timeout": "1"})
    assert (answer.status, answer.json()) == (200, [])


def test_the_first_reply_can_be_enough(gateway, servers):
    answer = gather(gateway, "whoami", query="?min=1")
    assert answer.json()[0]["result"] in SERVERS
    assert answer.seconds < 5


def test_one_reply_a_line(gateway, servers):
    answer = gather(gateway, "whoami", Accept="application/x-ndjson")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.body.endswith(b"\n")
    assert sorted(json.loads(line)["result"] for line in answer.body.splitlines()) == sorted(SERVERS)


def test_the_servers_take_it_for_a_call(gateway, servers):
    """Namespaces, versions and the context travel as with a call."""
    answer = gather(gateway, "version", query="?min=3&namespace=ns&version=1.1")
    assert [reply["result"] for reply in answer.json()] == ["1.2"] * 3
    answer = gather(gateway, "ctxt", **{"X-Request-Id": "req-gather", "Rpc-Context": '{"user_id": "u1"}'})
    for reply in answer.json():
        assert reply["result"]["request_id"] == "req-gather"
        assert reply["result"]["user_id"] == "u1"


def test_nobody_listens(gateway, servers):
    answer = gateway.post("/nobody/*/whoami:gather")
    members = problem(answer, 503, "undeliverable", "broker", "no", True)
    assert members["target"]["server"] == "*"


@pytest.mark.parametrize("minimum", ["0", "-1", "x", "", "1.0", "9" * 30])
def test_a_wrong_minimum(gateway, servers, minimum):
    members = problem(gather(gateway, "whoami", query=f"?min={minimum}"), 400, "invalid-request", "gateway", "no", False)
    assert members["detail"].startswith("query: min ")


@pytest.mark.parametrize("path", ["/gathered/new1/whoami:gather", "/gathered/-/whoami:gather", "/gathered/whoami:gather"])
def test_one_server_is_not_every_server(gateway, servers, path):
    problem(gateway.post(path), 400, "invalid-target", "gateway", "no", False)


def test_many_at_a_time(gateway, servers):
    with concurrent.futures.ThreadPoolExecutor(16) as several:
        answers = list(several.map(lambda n: gather(gateway, "echo", {"value": n}), range(160)))
    assert [answer.json() for answer in answers] == [[{"result": n}] * 3 for n in range(160)]


def test_late_replies_hurt_nobody(gateway, servers):
    """What comes after the minimum is dropped, and calls go on."""
    started = time.monotonic()
    for _ in range(20):
        gather(gateway, "whoami", query="?min=1")
    assert time.monotonic() - started < 10
    assert gateway.post("/gathered/old1/whoami").json() == "old1"


def test_small_results_in_long_messages_cost_no_memory(family, vhost, verbatim, figure):
    """Thirty replies of 5 MB whose result is one byte."""
    gateway = family.gateway(vhost.url())
    assert gateway.post("/verbatim/echo", {"value": 1}).status == 200
    before = gateway.memory()
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        arguments = {"kind": "padded", "size": 5_000_000, "count": 30}
        waiting = other.submit(gateway.post, "/verbatim/*/forge:gather?min=30", arguments, {"Rpc-Timeout": "20"})
        until(lambda: any(call["arguments"] == arguments for call in verbatim.calls), 10)
        most = 0
        while not waiting.done():
            most = max(most, gateway.memory() - before)
            time.sleep(0.05)
        answer = waiting.result()
    assert (answer.status, answer.json()) == (200, [{"result": 1}] * 30)
    assert most < 80
    figure(f"30 replies of 5 MB with a result of one byte: {most:.0f} MiB more at the most")
