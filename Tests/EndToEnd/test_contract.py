"""openapi/gateway.yaml and the routes agree, both ways."""

import concurrent.futures
import json
import re
import socket

import pytest
import yaml

from harness.places import ROOT
from harness.plain import pika_server

CONTRACT = yaml.safe_load((ROOT / "openapi" / "gateway.yaml").read_text())
METHODS = ("get", "head", "post", "put", "delete", "patch")

# Every path that the gateway serves, as the contract writes it.
ROUTES = {
    "/{topic}/{server}/{method}": {"post"},
    "/{topic}/{method}": {"post"},
    "/{topic}/{server}/{method}:cast": {"post"},
    "/{topic}/{method}:cast": {"post"},
    "/{topic}/*/{method}:cast": {"post"},
    "/{topic}/*/{method}:gather": {"post"},
    "/-/amqp/{exchange}/{routing_key}": {"post"},
    "/-/amqp/{exchange}/{routing_key}:cast": {"post"},
    "/-/jsonrpc": {"post"},
    "/-/operations/{id}": {"get", "head", "delete"},
    "/-/notifications/{topic}": {"get"},
    "/-/notifications/{topic}/{event_type}": {"post"},
    "/-/healthy": {"get", "head"},
    "/healthz": {"get", "head"},
    "/livez": {"get", "head"},
    "/-/ready": {"get", "head"},
    "/readyz": {"get", "head"},
    "/-/health/{topic}": {"get", "head"},
    "/-/health/{topic}/{server}": {"get", "head"},
    "/-/metrics": {"get", "head"},
    "/metrics": {"get", "head"},
    "/-/openapi.json": {"get", "head"},
    "/-/openapi.yaml": {"get", "head"},
    "/-/info": {"get", "head"},
    "/-/in-flight": {"get", "head"},
    "/-/log-level": {"get", "head", "put"},
    "/": {"get", "head"},
}

VALUES = {
    "topic": "contract",
    "server": "alpha",
    "method": "whoami",
    "exchange": "-",
    "routing_key": "contract_plain",
    "id": "0" * 32,
    "event_type": "a.b",
}
# Where more than an empty object, or less than the default time, makes a good answer.
BODIES = {"/-/jsonrpc": b'{"jsonrpc": "2.0", "method": "contract/alpha/whoami", "id": 1}'}
FIELDS = {"/{topic}/*/{method}:gather": {"Rpc-Timeout": "1"}}

# For known principals, of which there are none here; test_listeners.py has the answers to others.
ADMINISTRATION = ("/-/in-flight", "/-/log-level")


@pytest.fixture(scope="module")
def server(module_family, vhost):
    module_family.add(pika_server(vhost.amqp_url, "contract_plain", "echo"))
    return module_family.oslo_server(vhost.url(), "contract", "alpha")


def filled(path, **values):
    return re.sub(r"\{(\w+)\}", lambda found: {**VALUES, **values}[found[1]], path)


def target(gateway, path):
    """The path of a request that goes well."""
    if path != "/-/operations/{id}":
        return filled(path)
    return gateway.post("/contract/alpha/whoami", headers={"Prefer": "respond-async"}).headers["Location"]


def operations(path):
    return {method for method in METHODS if method in CONTRACT["paths"][path]}


def test_the_contract_lists_the_routes_and_no_other():
    assert {path: operations(path) for path in CONTRACT["paths"]} == ROUTES


@pytest.mark.parametrize("path", CONTRACT["paths"])
@pytest.mark.parametrize("method", METHODS)
def test_each_operation_is_served_and_no_other(gateway, server, path, method):
    if (path, method) == ("/-/notifications/{topic}", "get"):
        return stream_is_served(gateway, path)
    body = {}
    if method in ("post", "put", "patch"):
        fields = {"Content-Type": "application/json", **FIELDS.get(path, {})}
        body = {"body": BODIES.get(path, b"{}"), "headers": fields}
    answer = gateway.request(method.upper(), target(gateway, path), **body)
    if method in operations(path) and path in ADMINISTRATION:
        assert answer.status == 403, (answer.status, answer.body)
        documented(path, method, answer)
    elif method in operations(path):
        assert answer.status in (200, 202, 204), (answer.status, answer.body)
        documented(path, method, answer)
    else:
        assert answer.status == 405
        allowed = {word.strip().lower() for word in answer.headers["Allow"].split(",")}
        assert allowed - {"options"} == operations(path)


def stream_is_served(gateway, path):
    """A stream has no end, so its head is read by hand."""
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as connection:
        connection.sendall(f"GET {filled(path)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
    lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert lines[0].split()[1] == "200"
    fields = {name.lower() for name, _, _ in (line.partition(":") for line in lines[1:])}
    assert "content-type: text/event-stream" in {line.lower() for line in lines}
    wanted = resolve(CONTRACT["paths"][path]["get"]["responses"]["200"])["headers"]
    assert {name.lower() for name, header in wanted.items() if resolve(header).get("required")} <= fields


def resolve(node):
    while "$ref" in node:
        target = CONTRACT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def documented(path, method, answer):
    responses = CONTRACT["paths"][path][method]["responses"]
    assert str(answer.status) in responses
    response = resolve(responses[str(answer.status)])
    if answer.body:
        kind = answer.headers["Content-Type"].split(";")[0]
        kinds = {name.split(";")[0] for name in response.get("content", {})}
        assert kind in kinds or "*/*" in kinds, kind
    for name, header in response.get("headers", {}).items():
        if resolve(header).get("required"):
            assert answer.headers[name] is not None, name


@pytest.mark.parametrize(
    ("path", "method", "send"),
    [
        ("/{topic}/{server}/{method}", "post", ("/contract/alpha/nothing", b"{}")),
        ("/{topic}/{server}/{method}", "post", ("/contract/alpha/whoami", b"[")),
        ("/{topic}/{server}/{method}", "post", ("/nobody/alpha/whoami", b"{}")),
        ("/{topic}/{server}/{method}", "post", ("/contract/alpha/_whoami", b"{}")),
        ("/{topic}/{server}/{method}:cast", "post", ("/nobody/alpha/whoami:cast", b"{}")),
        ("/{topic}/*/{method}:cast", "post", ("/nobody/*/whoami:cast", b"{}")),
        ("/{topic}/*/{method}:gather", "post", ("/nobody/*/whoami:gather", b"{}")),
        ("/{topic}/*/{method}:gather", "post", ("/contract/*/whoami:gather?min=0", b"{}")),
        ("/-/amqp/{exchange}/{routing_key}", "post", ("/-/amqp/-/nobody", b"{}")),
        ("/-/amqp/{exchange}/{routing_key}:cast", "post", ("/-/amqp/-/nobody:cast", b"{}")),
        ("/-/jsonrpc", "post", ("/-/jsonrpc?a=1", b"{}")),
        ("/-/notifications/{topic}/{event_type}", "post", ("/-/notifications/t/e?priority=x", b"{}")),
    ],
)
def test_problems_are_documented(gateway, server, path, method, send):
    answer = gateway.post(*send)
    responses = CONTRACT["paths"][path][method]["responses"]
    key = next((k for k in (str(answer.status), f"{answer.status // 100}XX", "default") if k in responses), None)
    assert key, answer.status
    assert "application/problem+json" in resolve(responses[key])["content"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_problems_of_operations_are_documented(gateway, method):
    forgotten = target(gateway, "/-/operations/{id}")
    assert gateway.request("DELETE", forgotten).status == 204
    for path, status in ((filled("/-/operations/{id}"), 404), (forgotten, 410)):
        answer = gateway.request(method, path)
        assert answer.status == status
        documented("/-/operations/{id}", method.lower(), answer)


@pytest.mark.parametrize(("body", "status"), [(b'{"a": 1}', 422), (b"{}", 409)])
def test_problems_of_keys_are_documented(gateway, server, body, status):
    key = {"Idempotency-Key": f"contract-{status}", "Rpc-Timeout": "2"}
    ran = sum(call["method"] == "sleep" for call in server.calls)
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        running = other.submit(gateway.post, "/contract/alpha/sleep", b'{"seconds": 1}', key)
        server.wait_for_calls("sleep", ran + 1)
        answer = gateway.post("/contract/alpha/sleep", b'{"seconds": 1}' if status == 409 else body, key)
        assert answer.status == status
        documented("/{topic}/{server}/{method}", "post", answer)
        assert running.result().status == 200


def test_the_gateway_serves_the_contract(gateway):
    served = json.loads(json.dumps(CONTRACT))
    served["servers"][0]["variables"]["origin"]["default"] = gateway.base
    assert yaml.safe_load(gateway.get("/-/openapi.yaml").body) == served
    assert json.loads(gateway.get("/-/openapi.json").body) == served


def test_paths_outside_the_contract_are_not_found(gateway):
    for path in ("/-/", "/-/x", "/x", "/a/b/c/d", "/-/health", "/-/health/a/b/c", "/-/openapi.xml"):
        assert gateway.get(path).status in (400, 404), path
