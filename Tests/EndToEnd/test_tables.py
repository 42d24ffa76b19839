"""Every row of the error tables, provoked for real."""

import concurrent.futures
import gzip
import json
import zlib

import pytest

from harness import http
from harness.gateway import PROBLEM_MEMBERS, problem, result
from harness.places import RELEASES, refusing_port
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "tables", "alpha")


@pytest.fixture(scope="module", params=RELEASES)
def failing(request, module_family, vhost):
    """Servers of both releases, for what depends on how they write failures."""
    release = request.param
    started = module_family.oslo_server(vhost.url(), f"failing-{release}", "alpha", release=release)
    yield started
    started.stop()


# Table A: the gateway and the broker.


@pytest.mark.parametrize("path", ["/a//b", "/./b", "/a/../b", "/tables/%00", "/tables/%FF/echo", "/tables/alpha/1abc"])
def test_a_malformed_path(gateway, path):
    problem(gateway.post(path), 400, "invalid-request", "gateway", "no", False)


@pytest.mark.parametrize("headers", [{"Rpc-Timeout": "soon"}, {"Rpc-Timeout": "-1"}, {"Rpc-Call-Monitor": "x"}, {"Rpc-Call-Monitor": "1"}, {"Rpc-Context": "[]"}])
def test_a_malformed_header_value(gateway, headers):
    problem(gateway.post("/tables/alpha/none", headers=headers), 400, "invalid-request", "gateway", "no", False)


def test_malformed_arguments_name_the_offset(gateway):
    members = problem(gateway.post("/tables/alpha/none", b'{"a": ?}'), 400, "invalid-arguments-json", "gateway", "no", False)
    assert "6" in members["detail"]


@pytest.mark.parametrize("path", ["/tables/*/none", "/tables/%2A/none", "/" + "t" * 250 + "/server/m", "/" + "t" * 256 + "/m"])
def test_an_invalid_target(gateway, path):
    problem(gateway.post(path), 400, "invalid-target", "gateway", "no", False)


def test_a_version_above_the_cap(family, vhost, server):
    capped = family.gateway(vhost.url(), rpc_version_cap="1.5")
    assert result(capped.post("/tables/alpha/echo?version=1.0")) == b"null"
    for version in ("1.6", "2.0"):
        problem(capped.post(f"/tables/alpha/echo?version={version}"), 400, "version-cap-exceeded", "gateway", "no", False)


def test_a_private_method(gateway):
    problem(gateway.post("/tables/alpha/_private"), 403, "private-method", "gateway", "no", False)


def test_an_unknown_path(gateway):
    problem(gateway.post("/-/nothing"), 404, "http-404", "gateway", "no", False)
    problem(gateway.get("/-/nothing"), 404, "http-404", "gateway", "no", False)
    problem(gateway.post("/one/two/three/four"), 404, "http-404", "gateway", "no", False)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_on_a_call_path(gateway, method):
    answer = gateway.request(method, "/tables/alpha/echo")
    assert answer.status == 405
    assert {word.strip() for word in answer.headers["Allow"].split(",")} == {"POST", "OPTIONS"}
    if method != "HEAD":
        problem(answer, 405, "http-405", "gateway", "no", False)
    else:
        # As RFC 9110 (section 8.6) has it: the length of the answer that GET gets, or none.
        assert answer.headers["Content-Length"] == gateway.get("/tables/alpha/echo").headers["Content-Length"]


def test_a_refused_call_tells_its_target(gateway):
    answer = gateway.post("/tables/alpha/_private?version=1.0")
    expected = {"exchange": "openstack", "topic": "tables", "server": "alpha", "method": "_private", "namespace": None, "version": "1.0"}
    assert problem(answer, 403, "private-method", "gateway", "no", False)["target"] == expected


def test_a_coded_body(gateway, server):
    def send(coding, body, **fields):
        return gateway.post("/tables/alpha/echo", body, {"Content-Encoding": coding, **fields})

    assert result(send("gzip", gzip.compress(b'{"value": 1.0}'))) == b"1.0"
    assert result(send("deflate", zlib.compress(b'{"value": [1]}'))) == b"[1]"
    long = json.dumps({"value": "x" * 3_000_000}).encode()
    assert len(result(send("gzip", gzip.compress(long)))) == 3_000_002
    answer = send("br", b"{}")
    problem(answer, 415, "http-415", "gateway", "no", False)
    assert answer.headers["Accept-Encoding"] == "gzip, deflate"
    problem(send("gzip", b"{}"), 400, "invalid-request", "gateway", "no", False)
    problem(send("gzip", gzip.compress(b" " * (17 << 20))), 413, "http-413", "gateway", "no", False)


def test_the_identifier_of_the_context(gateway, server):
    fields = {"Rpc-Context": '{"user_id": "u", "request_id": "req-of-context"}'}
    answer = gateway.post("/tables/alpha/echo", {"value": 1}, fields)
    assert answer.headers["X-Request-Id"] == "req-of-context"


def test_a_short_timeout_is_not_told_as_none(gateway, server):
    answer = gateway.post("/tables/alpha/echo", {"value": 1}, {"Rpc-Timeout": "0.0004"})
    assert answer.headers["Rpc-Timeout"] == "0.0004"


def test_options_on_a_call_path(gateway):
    answer = gateway.request("OPTIONS", "/tables/alpha/echo")
    assert answer.status in (200, 204)
    assert {word.strip() for word in answer.headers["Allow"].split(",")} == {"POST", "OPTIONS"}


def test_a_body_over_the_limit(family, vhost, server):
    small = family.gateway(vhost.url(), http_max_body_bytes=1000)
    at_limit = b'{"value": "' + b"x" * 987 + b'"}'
    assert len(at_limit) == 1000
    result(small.post("/tables/alpha/echo", at_limit))
    problem(small.post("/tables/alpha/echo", at_limit + b" "), 413, "http-413", "gateway", "no", False)
    head = b"POST /tables/alpha/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answers, _ = http.exchange(small.port, head + b"3e9\r\n" + at_limit + b" \r\n0\r\n\r\n")
    problem(answers[0], 413, "http-413", "gateway", "no", False)


def test_a_target_too_long(gateway):
    answer = gateway.post("/tables/alpha/" + "m" * 70000)
    assert answer.status in (414, 431)
    problem(answer, answer.status, f"http-{answer.status}", "gateway", "no", False)


def test_a_head_too_large(gateway):
    answer = gateway.post("/tables/alpha/none", headers={"X-Filler": "x" * 70000})
    problem(answer, 431, "http-431", "gateway", "no", False)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"])
def test_another_content_type(gateway, kind):
    members = problem(gateway.post("/tables/alpha/none", headers={"Content-Type": kind}), 415, "http-415", "gateway", "no", False)
    assert "--json" in members["detail"]


def test_a_body_without_a_content_type(gateway):
    problem(gateway.request("POST", "/tables/alpha/none", b"{}"), 415, "http-415", "gateway", "no", False)


def test_a_content_type_with_a_character_set(gateway, server):
    result(gateway.post("/tables/alpha/none", headers={"Content-Type": "application/json; charset=utf-8"}))
    result(gateway.post("/tables/alpha/none", headers={"Content-Type": "Application/JSON"}))


def test_another_version_of_http(gateway):
    answers, _ = http.exchange(gateway.port, b"POST /tables/alpha/none HTTP/2.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
    problem(answers[0], 505, "http-505", "gateway", "no", False)


def test_an_unknown_transfer_coding(gateway):
    data = b"POST /tables/alpha/none HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n"
    answers, _ = http.exchange(gateway.port, data)
    assert answers[0].status in (400, 501)
    assert answers[0].code in ("http-501", "invalid-request", "http-400")


def test_no_queue(gateway, vhost):
    answer = gateway.post("/nobody/here")
    members = problem(answer, 503, "undeliverable", "broker", "no", True)
    assert answer.seconds < 1
    assert members["target"]["topic"] == "nobody" and members["target"]["server"] is None


def test_no_such_server(gateway, server):
    members = problem(gateway.post("/tables/beta/echo"), 503, "undeliverable", "broker", "no", True)
    assert members["target"]["server"] == "beta"


def test_a_queue_without_consumers(gateway, vhost):
    vhost.declare_queue("lonely")
    answer = gateway.post("/lonely/echo")
    problem(answer, 503, "no-consumers", "broker", "no", True)
    assert answer.seconds < 1
    assert gateway.post("/lonely/echo:cast").status == 202


def test_no_reply_in_time(gateway, server):
    answer = gateway.post("/tables/alpha/sleep", {"seconds": 2}, {"Rpc-Timeout": "0.5"})
    members = problem(answer, 504, "messaging-timeout", "gateway", "maybe", False)
    assert 0.4 < answer.seconds < 1.5
    assert 0.4 < members["elapsed"] < 1.5
    assert members["detail"]


def test_a_missed_heartbeat(gateway, verbatim):
    answer = gateway.post("/verbatim/forge", {"kind": "silence"}, {"Rpc-Timeout": "20", "Rpc-Call-Monitor": "2"})
    problem(answer, 504, "call-monitor-timeout", "gateway", "maybe", False)
    assert 1.9 < answer.seconds < 4


def test_no_broker(family):
    with refusing_port() as port:
        gateway = family.gateway(f"rabbit://guest:guest@127.0.0.1:{port}/", wait_until_ready=False)
        for verb in ("", ":cast"):
            answer = gateway.post(f"/tables/alpha/none{verb}", headers={"Rpc-Timeout": "3"})
            problem(answer, 503, "broker-unavailable", "broker", "no", True)
            assert answer.seconds < 4


def test_the_connection_lost_before_the_confirm(family, vhost, broker, server):
    tap = family.tap(broker.port)
    gateway = family.gateway(vhost.url(tap.port))
    assert gateway.post("/tables/alpha/none:cast").status == 202
    tap.clear()
    tap.hold_answers()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gateway.post, "/tables/alpha/none:cast", b"{}", {"Rpc-Timeout": "10"})
        until(lambda: any(e.arguments["exchange"] for e in tap.named("Basic.Publish")), 5)
        tap.refuse = True
        tap.drop()
        tap.release()
        problem(waiting.result(20), 503, "delivery-unknown", "broker", "maybe", False)


def test_the_broker_rejects(gateway, vhost):
    vhost.declare_queue("full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    statuses = [gateway.post("/full/m:cast").status for _ in range(5)]
    assert statuses[0] == 202 and statuses[-1] == 503, statuses
    problem(gateway.post("/full/m:cast"), 503, "broker-rejected", "broker", "no", True)


def test_the_broker_blocks(family, own_broker):
    host = own_broker.make_virtual_host("blocked")
    family.oslo_server(host.url(), "blocked", "alpha")
    gateway = family.gateway(host.url())
    result(gateway.post("/blocked/none"))
    own_broker.run("ctl", "--quiet", "set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        seen = []

        def blocked():
            seen.append(gateway.post("/blocked/none:cast", headers={"Rpc-Timeout": "3"}))
            return seen[-1].status == 503 and seen[-1].code == "broker-blocked"

        until(blocked, 15, 0.2)
        problem(seen[-1], 503, "broker-blocked", "broker", "no", True)
        assert seen[-1].seconds < 4
        until(lambda: gateway.get("/readyz").status == 503, 5)
        assert gateway.get("/healthz").status == 200
    finally:
        own_broker.run("ctl", "--quiet", "set_vm_memory_high_watermark", "absolute", "2GB")
    until(lambda: gateway.post("/blocked/none", headers={"Rpc-Timeout": "3"}).status == 200, 10, 0.1)


def test_the_brokers_configuration_differs(gateway, vhost):
    with vhost.channel() as channel:
        channel.exchange_declare("of-another-type", "direct")
    for exchange in ("of-another-type", "amq.reserved"):
        answer = gateway.post(f"/tables/alpha/none?exchange={exchange}")
        problem(answer, 500, "broker-configuration", "broker", "no", False)
        assert answer.seconds < 2


@pytest.mark.parametrize(
    "kind",
    ["not-json", "array", "inner-not-json", "inner-array", "version-3.0", "version-2.1", "nan", "infinity", "failure-not-json"],
)
def test_a_bad_reply(gateway, verbatim, kind):
    answer = gateway.post("/verbatim/forge", {"kind": kind}, {"Rpc-Timeout": "3"})
    # A reply that cannot be read does not say which call it belongs to: that call runs into its timeout, as Python's does.
    if answer.status == 504:
        assert kind in ("not-json", "array", "inner-not-json", "inner-array", "version-3.0", "version-2.1")
        problem(answer, 504, "messaging-timeout", None, "maybe", False)
    else:
        problem(answer, 502, "bad-reply", None, "yes", False)


@pytest.mark.parametrize("kind", ["NaN", "inf", "-inf"])
def test_a_real_servers_result_that_is_not_json(gateway, server, kind):
    problem(gateway.post("/tables/alpha/not_a_number", {"kind": kind}), 502, "bad-reply", None, "yes", False)


def test_a_reply_over_the_limit(family, vhost, server):
    small = family.gateway(vhost.url(), rpc_max_reply_bytes=100_000)
    assert len(result(small.post("/tables/alpha/big", {"n": 50_000}))) == 50_002
    problem(small.post("/tables/alpha/big", {"n": 200_000}, {"Rpc-Timeout": "5"}), 502, "bad-reply", None, "yes", False)
    result(small.post("/tables/alpha/none"))


def test_too_many_calls_at_once(family, vhost, server):
    narrow = family.gateway(vhost.url(), rpc_max_in_flight=2)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(narrow.post, "/tables/alpha/sleep", {"seconds": 1.5}) for _ in range(2)]
        until(lambda: narrow.get("/-/info").json()["in_flight"] == 2, 5)
        answer = narrow.post("/tables/alpha/none")
        problem(answer, 503, "overloaded", "gateway", "no", True)
        assert answer.seconds < 0.5
        assert narrow.get("/healthz").status == 200
        assert [one.result().status for one in slow] == [200, 200]
    result(narrow.post("/tables/alpha/none"))


# Table B: classes that are known.


def fail(gateway, topic, module, name, **more):
    return gateway.post(f"/{topic}/alpha/fail", {"module": module, "name": name, **more})


def test_no_such_method(gateway, failing):
    answer = gateway.post(f"/{failing.topic}/alpha/nothing")
    members = problem(answer, 404, "no-such-method", "remote", "no", False)
    assert members["exception"]["module"] == "oslo_messaging.rpc.dispatcher"
    assert members["exception"]["class"] == "NoSuchMethod"
    assert members["target"] == {
        "exchange": "openstack",
        "topic": failing.topic,
        "server": "alpha",
        "method": "nothing",
        "namespace": None,
        "version": None,
    }


@pytest.mark.parametrize("query", ["version=9.0", "namespace=unknown", "namespace=ns&version=1.3"])
def test_unsupported_version(gateway, failing, query):
    answer = gateway.post(f"/{failing.topic}/alpha/echo?{query}")
    members = problem(answer, 404, "unsupported-version", "remote", "no", False)
    assert members["exception"]["class"] == "UnsupportedVersion"


def test_a_method_that_the_policy_denies(family, gateway, vhost):
    family.oslo_server(vhost.url(), "explicit", "alpha", "--policy", "explicit")
    assert result(gateway.post("/explicit/exposed")) == b'"exposed"'
    problem(gateway.post("/explicit/echo"), 404, "no-such-method", "remote", "no", False)


@pytest.mark.parametrize("arguments", [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"x": 1}, {}])
def test_arguments_that_do_not_fit(gateway, failing, arguments):
    answer = gateway.post(f"/{failing.topic}/alpha/add", arguments)
    members = problem(answer, 400, "invalid-arguments", "remote", "no", False)
    assert members["exception"]["class"] == "TypeError" and "add()" in members["exception"]["message"]


@pytest.mark.parametrize("method", ["type_error_inside", "type_error_of_another"])
def test_a_type_error_of_the_method_itself(gateway, failing, method):
    problem(gateway.post(f"/{failing.topic}/alpha/{method}"), 500, "remote-exception", "remote", "yes", False)


def test_a_type_error_from_inside_that_looks_alike(gateway, failing):
    answer = gateway.post(f"/{failing.topic}/alpha/add", {"a": 1, "b": "x"})
    problem(answer, 500, "remote-exception", "remote", "yes", False)


KNOWN = [
    ("builtins", "NotImplementedError", 501),
    ("oslo_policy.policy", "PolicyNotAuthorized", 403),
    ("oslo_policy.policy", "InvalidScope", 403),
    ("oslo_messaging.exceptions", "MessagingTimeout", 504),
    ("oslo_messaging.exceptions", "MessageDeliveryFailure", 502),
    ("oslo_messaging.exceptions", "MessageUndeliverable", 502),
    ("neutron_lib.exceptions", "NotFound", 404),
    ("neutron_lib.exceptions", "Conflict", 409),
    ("neutron_lib.exceptions", "InUse", 409),
    ("neutron_lib.exceptions", "BadRequest", 400),
    ("neutron_lib.exceptions", "ServiceUnavailable", 503),
    ("neutron_lib.exceptions", "NotAuthorized", 403),
    ("oslo_db.exception", "DBDuplicateEntry", 409),
    ("oslo_db.exception", "DBDeadlock", 503),
    ("oslo_db.exception", "DBConnectionError", 503),
    ("builtins", "ValueError", 500),
    ("builtins", "KeyError", 500),
    ("builtins", "RuntimeError", 500),
    ("builtins", "PermissionError", 500),
    ("neutron_lib.exceptions", "Unknown", 500),
    ("somewhere.else", "NotFound", 500),
]


@pytest.mark.parametrize(("module", "name", "status"), KNOWN, ids=[f"{row[0]}.{row[1]}" for row in KNOWN])
def test_a_known_class(gateway, failing, module, name, status):
    arguments = [None, None, None, None] if name == "MessageUndeliverable" else ["what happened"]
    answer = fail(gateway, failing.topic, module, name, arguments=arguments)
    members = problem(answer, status, "remote-exception", "remote", "yes", False)
    assert members["exception"]["module"] == module and members["exception"]["class"] == name
    assert PROBLEM_MEMBERS <= set(members)
    if name != "MessageUndeliverable":
        assert "what happened" in members["exception"]["message"]
        assert members["exception"]["args"] == ["what happened"]
    assert members["exception"]["kwargs"] == {}


def test_an_expected_exception(gateway, failing):
    answer = gateway.post(f"/{failing.topic}/alpha/expected")
    assert problem(answer, 500, "remote-exception", "remote", "yes")["exception"]["class"] == "KeyError"


def test_a_known_class_comes_before_its_code(gateway, failing):
    answer = fail(gateway, failing.topic, "neutron_lib.exceptions", "NotFound", code=409)
    problem(answer, 404, "remote-exception", "remote", "yes")


# Table C: the exception's own code.

CODES = [
    (400, "Invalid", 400),
    (401, "Unauthorized", 403),
    (402, "PaymentRequired", 402),
    (403, "Forbidden", 403),
    (404, "VolumeNotFound", 404),
    (405, "Odd", 400),
    (407, "ProxyAuthentication", 403),
    (408, "RequestTimeout", 504),
    (409, "Conflict", 409),
    (410, "Gone", 410),
    (411, "Odd", 400),
    (413, "QuotaError", 403),
    (413, "VolumeQuotaExceeded", 403),
    (413, "TooLarge", 400),
    (414, "Odd", 400),
    (415, "Odd", 400),
    (417, "Odd", 400),
    (418, "Teapot", 418),
    (422, "Unprocessable", 422),
    (429, "TooMany", 429),
    (431, "Odd", 400),
    (499, "Odd", 499),
    (500, "Broken", 500),
    (503, "Unavailable", 503),
    (599, "Last", 599),
    (399, "TooSmall", 500),
    (600, "TooLarge", 500),
    (0, "Zero", 500),
    (-404, "Negative", 500),
    (200, "Success", 500),
    (True, "Bool", 500),
    ("404", "Text", 500),
    (404.0, "Float", 500),
    ([404], "List", 500),
]


@pytest.mark.parametrize(("code", "name", "status"), CODES, ids=[f"{row[0]}-{row[1]}" for row in CODES])
def test_a_code_in_the_keywords(gateway, failing, code, name, status):
    answer = fail(gateway, failing.topic, "cinder.exception", name, message="m", code=code)
    members = problem(answer, status, "remote-exception", "remote", "yes", False)
    kept = members["exception"]["kwargs"]["code"]
    assert kept == code and type(kept) is type(code)


# What an operator decides.


def test_rules_of_the_operator(family, vhost, server):
    rules = "nova.exception.Instance*=404,nova.exception.*=409,*.Teapot=418,builtins.ValueError=422"
    ruled = family.gateway(vhost.url(), errors_rules=rules)

    def status(module, name, **more):
        return fail(ruled, "tables", module, name, **more).status

    assert status("nova.exception", "InstanceNotFound") == 404
    assert status("nova.exception", "InstanceNotFound", code=410) == 404
    assert status("nova.exception", "Other") == 409
    assert status("any.where", "Teapot") == 418
    assert status("cinder.exception", "Other", code=410) == 410
    assert status("cinder.exception", "Other") == 500
    assert status("neutron_lib.exceptions", "NotFound") == 404
    assert status("oslo_policy.policy", "PolicyNotAuthorized") == 403


def test_tracebacks_stay_inside(gateway, server):
    answer = fail(gateway, "tables", "builtins", "ValueError", message="m")
    assert b"Traceback" not in answer.body and b"oslo_server.py" not in answer.body


def test_tracebacks_are_shown_on_request(family, vhost, server):
    open_gateway = family.gateway(vhost.url(), errors_expose_traceback="true")
    assert b"Traceback" in fail(open_gateway, "tables", "builtins", "ValueError", message="m").body


def test_messages_can_be_hidden(family, vhost, server):
    safe = family.gateway(vhost.url(), errors_expose="safe")
    hidden = fail(safe, "tables", "builtins", "ValueError", message="the secret")
    problem(hidden, 500, "remote-exception")
    assert b"the secret" not in hidden.body
    shown = fail(safe, "tables", "neutron_lib.exceptions", "NotFound", message="no port 7")
    assert "no port 7" in json.dumps(shown.json())


def test_every_problem_names_its_request(gateway, server):
    for answer in (
        gateway.post("/tables/alpha/nothing", headers={"X-Request-Id": "req-7"}),
        gateway.post("/nobody/echo", headers={"X-Request-Id": "req-7"}),
        gateway.post("/tables/alpha/echo", b"[", {"X-Request-Id": "req-7"}),
        gateway.request("GET", "/tables/alpha/echo", headers={"X-Request-Id": "req-7"}),
    ):
        assert answer.headers["X-Request-Id"] == "req-7"
        assert answer.json()["request_id"] == "req-7"


def test_the_instance_is_the_message(gateway, server):
    answer = gateway.post("/tables/alpha/nothing")
    assert answer.json()["instance"].startswith("urn:uuid:")
    assert answer.json()["instance"].removeprefix("urn:uuid:").replace("-", "") == answer.headers["Rpc-Message-Id"]
