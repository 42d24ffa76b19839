"""openapi/gateway.yaml and the routes agree, both ways."""

import json
import re

import pytest
import yaml

from harness.places import ROOT

CONTRACT = yaml.safe_load((ROOT / "openapi" / "gateway.yaml").read_text())
METHODS = ("get", "head", "post", "put", "delete", "patch")

# Every path that the gateway serves, as the contract writes it.
ROUTES = {
    "/{topic}/{server}/{method}": {"post"},
    "/{topic}/{method}": {"post"},
    "/{topic}/{server}/{method}:cast": {"post"},
    "/{topic}/{method}:cast": {"post"},
    "/{topic}/*/{method}:cast": {"post"},
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
    "/": {"get", "head"},
}

VALUES = {"topic": "contract", "server": "alpha", "method": "whoami"}


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "contract", "alpha")


def filled(path):
    return re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], path)


def operations(path):
    return {method for method in METHODS if method in CONTRACT["paths"][path]}


def test_the_contract_lists_the_routes_and_no_other():
    assert {path: operations(path) for path in CONTRACT["paths"]} == ROUTES


@pytest.mark.parametrize("path", CONTRACT["paths"])
@pytest.mark.parametrize("method", METHODS)
def test_each_operation_is_served_and_no_other(gateway, server, path, method):
    body = {"body": b"{}", "headers": {"Content-Type": "application/json"}} if method in ("post", "put", "patch") else {}
    answer = gateway.request(method.upper(), filled(path), **body)
    if method in operations(path):
        assert answer.status in (200, 202), (answer.status, answer.body)
        documented(path, method, answer)
    else:
        assert answer.status == 405
        allowed = {word.strip().lower() for word in answer.headers["Allow"].split(",")}
        assert allowed - {"options"} == operations(path)


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
        assert kind in {name.split(";")[0] for name in response.get("content", {})}, kind
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
    ],
)
def test_problems_are_documented(gateway, server, path, method, send):
    answer = gateway.post(*send)
    responses = CONTRACT["paths"][path][method]["responses"]
    key = next((k for k in (str(answer.status), f"{answer.status // 100}XX", "default") if k in responses), None)
    assert key, answer.status
    assert "application/problem+json" in resolve(responses[key])["content"]


def test_the_gateway_serves_the_contract(gateway):
    assert yaml.safe_load(gateway.get("/-/openapi.yaml").body) == CONTRACT
    assert json.loads(gateway.get("/-/openapi.json").body) == json.loads(json.dumps(CONTRACT))


def test_paths_outside_the_contract_are_not_found(gateway):
    for path in ("/-/", "/-/x", "/x", "/a/b/c/d", "/-/health", "/-/health/a/b/c", "/-/openapi.xml"):
        assert gateway.get(path).status in (400, 404), path
