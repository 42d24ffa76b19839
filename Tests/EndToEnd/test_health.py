"""Health, introspection, metrics."""

import concurrent.futures
import json
import re

import pytest

from harness.gateway import problem, result
from harness.places import refusing_port
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "health", "alpha")


@pytest.fixture
def cut_off(family):
    """A gateway whose broker is not there."""
    with refusing_port() as port:
        yield family.gateway(f"rabbit://guest:guest@127.0.0.1:{port}/", wait_until_ready=False)


@pytest.mark.parametrize("path", ["/-/healthy", "/healthz", "/livez", "/-/ready", "/readyz"])
def test_all_is_well(gateway, path):
    for method in ("GET", "HEAD"):
        answer = gateway.request(method, path)
        assert answer.status == 200
        assert bool(answer.body) == (method == "GET")
    for form in ({"path": path + "?verbose"}, {"path": path, "headers": {"Accept": "application/json"}}):
        answer = gateway.get(**form)
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
        assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("path", ["/-/healthy", "/healthz", "/readyz", "/-/health/health", "/metrics", "/-/info", "/-/openapi.json"])
def test_only_get_and_head(gateway, path):
    answer = gateway.request("POST", path, b"")
    problem(answer, 405, "http-405", "gateway", "no", False)
    assert {"GET", "HEAD"} <= {word.strip() for word in answer.headers["Allow"].split(",")}


def test_losing_the_broker_fails_ready_and_not_healthy(cut_off):
    for path in ("/-/healthy", "/healthz", "/livez"):
        assert cut_off.get(path).status == 200
    for path in ("/-/ready", "/readyz"):
        answer = cut_off.get(path)
        problem(answer, 503, "not-ready")
        assert answer.seconds < 2
        assert cut_off.request("HEAD", path).status == 503
    assert cut_off.get("/readyz?verbose").json()


def test_probes_never_hang(cut_off):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(cut_off.get, ["/readyz", "/healthz", "/-/health/t", "/-/health/t/s?deep=1"] * 8))
    assert max(answer.seconds for answer in answers) < 2.5
    assert {answer.status for answer in answers} == {200, 503}


def test_a_topic_with_consumers(gateway, server):
    for path in ("/-/health/health", "/-/health/health/alpha"):
        answer = gateway.get(path)
        assert answer.status == 200
        assert answer.json()["consumers"] == 1 and answer.json()["messages"] == 0
        assert gateway.request("HEAD", path).status == 200


def test_a_topic_nobody_ever_served(gateway):
    problem(gateway.get("/-/health/nobody"), 404, "http-404")
    problem(gateway.get("/-/health/health/beta"), 404, "http-404")


def test_a_queue_without_consumers(gateway, vhost):
    vhost.declare_queue("deserted")
    problem(gateway.get("/-/health/deserted"), 503, "no-consumers")


def test_a_look_sends_no_message(gateway, server, vhost):
    before = len(server.calls)
    gateway.get("/-/health/health/alpha")
    assert len(server.calls) == before
    vhost.declare_queue("unread")
    gateway.get("/-/health/unread")
    with vhost.channel() as channel:
        assert channel.queue_declare("unread", passive=True).method.message_count == 0


def test_a_deep_look_asks_the_server(gateway, family, server, vhost):
    assert gateway.get("/-/health/health/alpha?deep=1").status == 200
    family.oslo_server(vhost.url(), "unpinged", "alpha", "--no-ping")
    assert gateway.get("/-/health/unpinged/alpha?deep=1").status == 200
    vhost.declare_queue("asleep")
    assert gateway.get("/-/health/asleep?deep=1").status == 503


def test_a_server_that_left(gateway, family, vhost):
    server = family.oslo_server(vhost.url(), "departing", "alpha")
    assert gateway.get("/-/health/departing/alpha").status == 200
    server.stop()
    until(lambda: gateway.get("/-/health/departing/alpha").status == 503, 5)


def test_another_exchange_does_not_matter_to_a_look(gateway, server):
    assert gateway.get("/-/health/health?exchange=nova").status == 200


def test_unknown_parameters(gateway):
    problem(gateway.get("/-/health/health?depe=1"), 400, "invalid-request")


METRIC = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*"(,[a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*")*\})? \S+$')


@pytest.mark.parametrize("path", ["/metrics", "/-/metrics"])
def test_metrics(gateway, server, path):
    result(gateway.post("/health/alpha/whoami"))
    gateway.post("/health/alpha/nothing")
    answer = gateway.get(path)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.body.decode().splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert METRIC.match(line), line
        float(line.rsplit(" ", 1)[1])
    text = answer.body.decode()
    assert "{topic}/{server}/{method}" in text, "calls are counted by their template"
    assert "alpha" not in text, "a server's name would make a series of its own"


def test_info(gateway, vhost):
    answer = gateway.get("/-/info")
    assert answer.status == 200
    information = answer.json()
    assert information["version"] and float(information["uptime"]) > 0
    text = json.dumps(information)
    assert "guest:guest" not in text and vhost.name in text
    assert "in_flight" in text and "pool" in text


def test_the_root_is_for_people(gateway):
    assert gateway.get("/").status == 200


def test_no_secret_is_said(family, vhost):
    with vhost.channel() as channel:
        assert channel.is_open
    secret = "s3cr3t-word"
    gateway = family.gateway(vhost.url().replace("guest:guest", f"guest:{secret}"), wait_until_ready=False, log_level="debug")
    gateway.post("/health/alpha/whoami", headers={"Rpc-Timeout": "1"})
    texts = [gateway.get(path).body.decode() for path in ("/readyz?verbose", "/-/info", "/metrics")]
    gateway.stop()
    assert secret not in "\n".join(texts) + gateway.said()
