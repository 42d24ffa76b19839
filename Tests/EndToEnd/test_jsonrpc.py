"""JSON-RPC 2.0: every example of the specification's section 7, and what it leaves to us."""

import concurrent.futures
import json
import socket

import pytest

from harness.gateway import problem
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "jsonrpc", "alpha")


@pytest.fixture(scope="module")
def second(module_family, vhost, server):
    return module_family.oslo_server(vhost.url(), "jsonrpc", "beta")


def post(gateway, body, **fields):
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return gateway.request("POST", "/-/jsonrpc", data, {"Content-Type": "application/json", "Rpc-Timeout": "10", **fields})


def said(gateway, body, **fields):
    """What the answer says, checked against the specification's form."""
    answer = post(gateway, body, **fields)
    assert answer.status == 200, (answer.status, answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    members = answer.json()
    for one in members if isinstance(members, list) else [members]:
        assert one["jsonrpc"] == "2.0"
        assert set(one) in ({"jsonrpc", "result", "id"}, {"jsonrpc", "error", "id"})
        if "error" in one:
            assert set(one["error"]) == {"code", "message", "data"}
            assert one["error"]["data"]["type"].startswith("urn:rpc-gateway:problem:")
    return members


def error(code, message, id):
    """An error as the specification's examples have it; `data` is ours."""
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": id}


def plain(members):
    """The same without our `data`."""
    if isinstance(members, list):
        return [plain(one) for one in members]
    if "error" in members:
        del members["error"]["data"]
    return members


# Section 7


def test_positional_parameters_are_refused(gateway, server):
    """oslo.messaging's methods take their arguments by name."""
    body = '{"jsonrpc": "2.0", "method": "jsonrpc/alpha/add", "params": [42, 23], "id": 1}'
    assert plain(said(gateway, body)) == error(-32602, "Invalid params", 1)


@pytest.mark.parametrize("params", ['{"a": 23, "b": 42}', '{"b": 42, "a": 23}'])
def test_named_parameters(gateway, server, params):
    body = f'{{"jsonrpc": "2.0", "method": "jsonrpc/alpha/add", "params": {params}, "id": 3}}'
    assert said(gateway, body) == {"jsonrpc": "2.0", "result": 65, "id": 3}


@pytest.mark.parametrize("params", [', "params": {"mark": "n1"}', ""])
def test_a_notification(gateway, server, params):
    before = len(server.calls)
    answer = post(gateway, f'{{"jsonrpc": "2.0", "method": "jsonrpc/alpha/hit"{params}}}')
    assert (answer.status, answer.body) == (204, b"")
    until(lambda: len(server.calls) > before)


def test_a_notification_of_no_method(gateway, server):
    answer = post(gateway, '{"jsonrpc": "2.0", "method": "foobar"}')
    assert (answer.status, answer.body) == (204, b"")


def test_a_method_that_does_not_exist(gateway, server):
    body = '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}'
    assert plain(said(gateway, body)) == error(-32601, "Method not found", "1")


def test_invalid_json(gateway, server):
    body = '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]'
    assert plain(said(gateway, body)) == error(-32700, "Parse error", None)


def test_an_invalid_request(gateway, server):
    body = '{"jsonrpc": "2.0", "method": 1, "params": "bar"}'
    assert plain(said(gateway, body)) == error(-32600, "Invalid Request", None)


def test_a_batch_of_invalid_json(gateway, server):
    body = """[
  {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
  {"jsonrpc": "2.0", "method"
]"""
    assert plain(said(gateway, body)) == error(-32700, "Parse error", None)


def test_an_empty_array(gateway, server):
    assert plain(said(gateway, "[]")) == error(-32600, "Invalid Request", None)


@pytest.mark.parametrize("body", ["[1]", "[1,2,3]"])
def test_an_invalid_batch(gateway, server, body):
    assert plain(said(gateway, body)) == [error(-32600, "Invalid Request", None)] * len(json.loads(body))


def test_a_batch(gateway, server):
    body = """[
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/kwargs", "params": {"a": 1, "b": 2}, "id": "1"},
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/hit", "params": {"mark": 7}},
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/add", "params": {"a": 42, "b": 23}, "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/whoami", "id": "9"}
    ]"""
    assert plain(said(gateway, body)) == [
        {"jsonrpc": "2.0", "result": {"a": 1, "b": 2}, "id": "1"},
        {"jsonrpc": "2.0", "result": 65, "id": "2"},
        error(-32600, "Invalid Request", None),
        error(-32601, "Method not found", "5"),
        {"jsonrpc": "2.0", "result": "alpha", "id": "9"},
    ]


def test_a_batch_of_notifications(gateway, server):
    body = """[
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/hit", "params": {"mark": "b1"}},
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/hit", "params": {"mark": "b2"}}
    ]"""
    answer = post(gateway, body)
    assert (answer.status, answer.body) == (204, b"")
    server.wait_for_call("hit", mark="b1")
    server.wait_for_call("hit", mark="b2")


# What the specification leaves to us


@pytest.mark.parametrize("id", ["123456789012345678901234567890", "-1.50", '"a\\u0062\\"c"', "null", '""', "1e400"])
def test_ids_and_results_pass_byte_for_byte(gateway, verbatim, id):
    value = '{"b":1.0,"a":[12345678901234567890,  "\\u00e9"]}'
    body = f'{{"jsonrpc":"2.0","method":"verbatim/echo","params":{{"value":{value}}},"id":{id}}}'
    assert post(gateway, body).body.decode() == f'{{"jsonrpc":"2.0","result":{value},"id":{id}}}'


@pytest.mark.parametrize(
    ("method", "params", "result"),
    [
        ("jsonrpc/-/whoami", {}, "alpha"),
        ("jsonrpc/whoami", {}, "alpha"),
        ("jsonrpc/alpha/version?namespace=ns&version=1.1", {}, "1.2"),
        ("jsonrpc/alpha/second?version=2.0", {}, "2.3.1"),
        ("jsonrpc/alpha/größe", {"wert": "ü"}, "ü"),
        ("jsonrpc/alpha/gr%C3%B6%C3%9Fe", {"wert": 1}, 1),
        ("jsonrpc/alpha/whoami:cast", {}, None),
        ("jsonrpc/*/whoami:gather?min=1", {}, [{"result": "alpha"}]),
        ("jsonrpc/alpha/none", {}, None),
    ],
)
def test_methods_are_paths(family, vhost, gateway, method, params, result, request):
    # Alone on the topic, so that "any server" is this one.
    request.getfixturevalue("server")
    assert said(gateway, {"jsonrpc": "2.0", "method": method, "params": params, "id": 1})["result"] == result


@pytest.mark.parametrize(
    ("method", "params", "code", "problem_code"),
    [
        ("jsonrpc/alpha/nothing", {}, -32601, "no-such-method"),
        ("jsonrpc/alpha/echo?version=9.0", {}, -32601, "unsupported-version"),
        ("jsonrpc/alpha/echo?namespace=no", {}, -32601, "unsupported-version"),
        ("jsonrpc/alpha/_private", {}, -32601, "private-method"),
        ("a/b/c/d", {}, -32601, "http-404"),
        ("-/info", {}, -32601, "http-404"),
        ("jsonrpc/alpha/add", {"a": 1}, -32602, "invalid-arguments"),
        ("jsonrpc/alpha/fail", {"module": "builtins", "name": "ValueError", "message": "m"}, -32000, "remote-exception"),
        ("nobody/echo", {}, -32001, "undeliverable"),
        ("jsonrpc/*/whoami", {}, -32013, "invalid-target"),
        ("jsonrpc/whoami:gather", {}, -32013, "invalid-target"),
        ("jsonrpc/whoami?x=1", {}, -32017, "invalid-request"),
    ],
)
def test_errors_carry_the_problem(gateway, server, method, params, code, problem_code):
    found = said(gateway, {"jsonrpc": "2.0", "method": method, "params": params, "id": "e"})
    assert found["id"] == "e"
    assert found["error"]["code"] == code
    assert found["error"]["data"]["code"] == problem_code
    if problem_code == "remote-exception":
        assert found["error"]["data"]["exception"]["class"] == "ValueError"
        assert found["error"]["data"]["executed"] == "yes"


def test_no_answer_in_time(gateway, server):
    body = {"jsonrpc": "2.0", "method": "jsonrpc/alpha/sleep", "params": {"seconds": 2}, "id": 1}
    found = said(gateway, body, **{"Rpc-Timeout": "0.5"})
    assert (found["error"]["code"], found["error"]["data"]["status"]) == (-32003, 504)


def test_a_batch_runs_in_parallel_and_in_order(gateway, server):
    entries = [
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/sleep", "params": {"seconds": 0.6 - n / 20}, "id": n} for n in range(10)
    ]
    answer = post(gateway, entries)
    assert [one["id"] for one in answer.json()] == list(range(10))
    assert [one["result"] for one in answer.json()] == [0.6 - n / 20 for n in range(10)]
    assert answer.seconds < 3


def test_a_batch_shares_its_time(gateway, server):
    entries = [
        {"jsonrpc": "2.0", "method": "jsonrpc/alpha/sleep", "params": {"seconds": 2}, "id": n} for n in range(40)
    ]
    answer = post(gateway, entries, **{"Rpc-Timeout": "3.3"})
    codes = [one.get("error", {}).get("code") for one in answer.json()]
    assert codes[:16] == [None] * 16
    assert set(codes[16:]) == {-32003}
    assert answer.seconds < 5


def test_a_thousand_entries(gateway, server):
    entries = [{"jsonrpc": "2.0", "method": "jsonrpc/alpha/echo", "params": {"value": n}, "id": n} for n in range(1000)]
    answer = post(gateway, entries, **{"Rpc-Timeout": "60"})
    assert [(one["id"], one["result"]) for one in answer.json()] == [(n, n) for n in range(1000)]
    assert plain(said(gateway, entries + entries[:1])) == error(-32600, "Invalid Request", None)


def test_many_batches_at_a_time(gateway, server):
    def batch(m):
        entries = [{"jsonrpc": "2.0", "method": "jsonrpc/alpha/echo", "params": {"value": [m, n]}, "id": n} for n in range(20)]
        return [one["result"] for one in post(gateway, entries, **{"Rpc-Timeout": "60"}).json()]

    with concurrent.futures.ThreadPoolExecutor(8) as several:
        assert list(several.map(batch, range(40))) == [[[m, n] for n in range(20)] for m in range(40)]


def test_the_limit_in_flight_counts_entries(family, vhost, server):
    gateway = family.gateway(vhost.url(), rpc_max_in_flight=3)
    entries = [{"jsonrpc": "2.0", "method": "jsonrpc/alpha/sleep", "params": {"seconds": 0.5}, "id": n} for n in range(5)]
    codes = [one.get("error", {}).get("code") for one in post(gateway, entries).json()]
    assert codes[:3] == [None] * 3
    assert -32011 in codes[3:]
    assert json.loads(gateway.get("/-/info").body)["in_flight"] == 0


def test_notifications_reach_every_server(gateway, server, second):
    body = '{"jsonrpc": "2.0", "method": "jsonrpc/*/hit", "params": {"mark": "all"}}'
    assert post(gateway, body).status == 204
    server.wait_for_call("hit", mark="all")
    second.wait_for_call("hit", mark="all")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_content_type(gateway, kind):
    fields = {"Content-Type": kind} if kind else {}
    problem(gateway.request("POST", "/-/jsonrpc", b"{}", fields), 415, "http-415")


def test_an_unknown_query_parameter(gateway):
    problem(gateway.post("/-/jsonrpc?a=1"), 400, "invalid-request", "gateway", "no", False)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method(gateway, method):
    problem(gateway.request(method, "/-/jsonrpc"), 405, "http-405")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b"[" + b"1," * 4_000_000 + b"1]",
        b'{"jsonrpc":"2.0","method":"' + b"a/" * 500_000 + b'a","id":1}',
        b"{" + b'"a":1,' * 1_000_000 + b'"id":1}',
        b'{"jsonrpc":"2.0","method":"t/m","id":' + b"1" * 1_000_000 + b"}",
        b'{"jsonrpc":"2.0","method":"t/m","id":"' + b"\\u0000" * 100_000 + b'"}',
        b"\xff\xfe",
    ],
    ids=["deep", "many", "long-method", "many-members", "long-id", "controls", "not-utf-8"],
)
def test_hostile_bodies_cost_little(gateway, body):
    before = gateway.memory()
    answer = post(gateway, body)
    assert answer.status == 200
    assert b'"error":{"code":-32' in answer.body
    assert answer.seconds < 5
    assert gateway.memory() - before < 200


def test_a_client_that_leaves(gateway, server):
    """Its batch goes on, and nothing is left behind."""
    entries = [{"jsonrpc": "2.0", "method": "jsonrpc/alpha/sleep", "params": {"seconds": 0.1}, "id": n} for n in range(64)]
    body = json.dumps(entries).encode()
    head = f"POST /-/jsonrpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
            connection.sendall(head.encode() + body)
    until(lambda: json.loads(gateway.get("/-/info").body)["in_flight"] == 0, 20)
    assert said(gateway, {"jsonrpc": "2.0", "method": "jsonrpc/alpha/none", "id": 1})["result"] is None
