"""Calls reach real oslo.messaging servers, and what they answer comes back as it was written."""

import concurrent.futures
import json
import shutil
import subprocess

import pytest

from harness.gateway import problem, result
from harness.places import RELEASES

FORTY_DIGITS = "1234567890123456789012345678901234567890"


@pytest.fixture(scope="module", params=RELEASES)
def server(request, module_family, vhost):
    release = request.param
    started = module_family.oslo_server(vhost.url(), f"calls-{release}", "alpha", release=release)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def topic(server):
    return server.topic


def test_curl_json_gets_the_result(gateway, topic):
    options = subprocess.run(["curl", "--help", "all"], capture_output=True, text=True).stdout
    assert shutil.which("curl") and "--json" in options
    command = ["curl", "-sS", "-i", "--json", '{"a": 1, "b": 2}', f"{gateway.base}/{topic}/alpha/add"]
    head, _, body = subprocess.check_output(command, timeout=30).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    assert body == "3"


# What Python's json module writes for what it read: its own spelling of floats, its blanks, its escapes.
@pytest.mark.parametrize(
    "text",
    [
        "null",
        "true",
        "false",
        '""',
        "[]",
        "{}",
        "0",
        "-1",
        "1.0",
        "-0.0",
        "1e5",
        "1e400",
        "1E-7",
        "3.141592653589793",
        FORTY_DIGITS,
        "-" + FORTY_DIGITS,
        '"h\u00e9 \u2603 \U0001f600"',
        '"\\u00e9\\u2603\\ud83d\\ude00"',
        '"tab\\t quote\\" slash/ solidus\\/ back\\\\ null\\u0000 delete\x7f"',
        '{"b": 1, "a": 2, "": 3, "\u00e9": 4}',
        '{"deep": [[[[{"x": [null, {"y": []}]}]]]]}',
        '[1, "a", null, true, {"k": [1.5, 1e100]}]',
    ],
)
def test_echo_of_a_real_server(gateway, topic, text):
    expected = json.dumps(json.loads(text))
    answer = gateway.post(f"/{topic}/alpha/echo", b'{"value": ' + text.encode() + b"}")
    if "Infinity" in expected:
        # Python reads 1e400 as infinity and answers with a word that JSON does not have.
        problem(answer, 502, "bad-reply", executed="yes")
    else:
        assert result(answer) == expected.encode()


@pytest.mark.parametrize(
    "text",
    [
        "1.0",
        "1e5",
        "1E+05",
        "-0",
        "1e400",
        FORTY_DIGITS + "." + FORTY_DIGITS,
        '"\\u0041\\/ \u00e9"',
        '"\\ud800"',
        '{ "b" :1,"a":\t[ 1 ,2 ]}',
        '{"same":1,"same":2}',
        '{"\\u0061":1}',
    ],
)
def test_bytes_pass_through_unchanged_both_ways(gateway, verbatim, text):
    body = b'{"first":0, "value" : ' + text.encode() + b'\n,"last":1.50}'
    answer = gateway.post("/verbatim/echo", body)
    assert result(answer) == text.encode()
    assert '"args": ' + body.decode() in verbatim.calls[-1]["text"]


def test_keywords_of_every_spelling_arrive(gateway, topic):
    arguments = {"self_": 1, "é": 2, "with space": 3, "\u0065\u0301": 4}
    assert json.loads(result(gateway.post(f"/{topic}/alpha/kwargs", arguments))) == arguments


def test_no_arguments_at_all(gateway, topic):
    assert result(gateway.request("POST", f"/{topic}/alpha/none", b"")) == b"null"
    assert result(gateway.request("POST", f"/{topic}/alpha/none", b"", {"Content-Type": "application/json"})) == b"null"
    assert result(gateway.post(f"/{topic}/alpha/none")) == b"null"


@pytest.mark.parametrize("path", ["{topic}/alpha/whoami", "{topic}/-/whoami", "{topic}/whoami", "{topic}/%61lpha/whoam%69"])
def test_every_way_to_say_where(gateway, topic, path):
    assert result(gateway.post("/" + path.format(topic=topic))) == b'"alpha"'


def test_a_method_beyond_ascii(gateway, topic):
    assert result(gateway.post(f"/{topic}/alpha/gr%C3%B6%C3%9Fe", {"wert": 5})) == b"5"


@pytest.mark.parametrize(
    ("query", "method", "expected"),
    [
        ("namespace=ns", "echo", b'{"ns": 1}'),
        ("namespace=old", "echo", b'{"ns": 1}'),
        ("namespace=ns&version=1.0", "echo", b'{"ns": 1}'),
        ("version=1.2&namespace=ns", "echo", b'{"ns": 1}'),
        ("version=1.0", "echo", b"1"),
    ],
)
def test_namespaces_and_versions(gateway, topic, query, method, expected):
    assert result(gateway.post(f"/{topic}/alpha/{method}?{query}", {"value": 1})) == expected


def test_a_version_of_three_parts(gateway, topic):
    assert result(gateway.post(f"/{topic}/second?version=2.3.1")) == b'"2.3.1"'
    assert result(gateway.post(f"/{topic}/second?version=2.0")) == b'"2.3.1"'


@pytest.mark.parametrize("release", RELEASES)
def test_another_exchange(gateway, family, vhost, release):
    family.oslo_server(vhost.url(), "elsewhere", "one", "--exchange", f"nova-{release}", release=release)
    assert result(gateway.post(f"/elsewhere/one/whoami?exchange=nova-{release}")) == b'"one"'
    problem(gateway.post("/elsewhere/one/whoami"), 503, "undeliverable")


def test_the_control_exchange_is_a_setting(family, vhost):
    family.oslo_server(vhost.url(), "controlled", "one", "--exchange", "cinder")
    gateway = family.gateway(vhost.url(), rpc_control_exchange="cinder")
    assert result(gateway.post("/controlled/whoami")) == b'"one"'


def test_arguments_of_a_mebibyte(gateway, topic):
    assert result(gateway.post(f"/{topic}/length", {"value": "x" * 2**20})) == str(2**20).encode()
    assert len(result(gateway.post(f"/{topic}/echo", {"value": "é" * 2**19}))) == 6 * 2**19 + 2


def test_a_result_of_eight_mebibytes(gateway, topic):
    body = result(gateway.post(f"/{topic}/big", {"n": 2**23}))
    assert body == b'"' + b"x" * 2**23 + b'"'


@pytest.mark.parametrize("size", [4096 - 8, 131072 - 8, 2 * (131072 - 8), 131072, 131073])
def test_sizes_round_the_frame_size_do_not_stall(gateway, verbatim, size):
    # The whole AMQP body has to hit the size, so the padding is what its frame leaves.
    short = gateway.post("/verbatim/echo", {"value": ""})
    assert result(short) == b'""'
    overhead = len(verbatim.calls[-1]["text"])
    for padding in range(size - overhead - 60, size - overhead, 20):
        answer = gateway.post("/verbatim/echo", {"value": "x" * max(padding, 1)})
        assert len(result(answer)) == max(padding, 1) + 2
        assert answer.seconds < 2


def test_the_answer_carries_its_fields(gateway, topic):
    answer = gateway.post(f"/{topic}/alpha/whoami")
    assert result(answer) == b'"alpha"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["Rpc-Message-Id"]) == 32
    assert answer.headers["X-Request-Id"].startswith("req-")
    assert answer.headers["X-Openstack-Request-Id"] == answer.headers["X-Request-Id"]
    timings = dict(part.strip().split(";dur=") for part in answer.headers["Server-Timing"].split(","))
    assert set(timings) == {"publish", "rpc"} and all(float(value) >= 0 for value in timings.values())


def test_the_timeout_is_echoed(gateway, topic):
    assert float(gateway.post(f"/{topic}/whoami", headers={"Rpc-Timeout": "2.5"}).headers["Rpc-Timeout"]) == 2.5
    assert float(gateway.post(f"/{topic}/whoami").headers["Rpc-Timeout"]) == 60
    assert float(gateway.post(f"/{topic}/whoami", headers={"Prefer": "wait=7"}).headers["Rpc-Timeout"]) == 7
    both = {"Prefer": "wait=7", "Rpc-Timeout": "3"}
    assert float(gateway.post(f"/{topic}/whoami", headers=both).headers["Rpc-Timeout"]) == 3


def test_the_timeout_is_clamped(family, vhost, topic):
    gateway = family.gateway(vhost.url(), rpc_max_timeout_ms=5000, rpc_response_timeout_ms=4000)
    assert float(gateway.post(f"/{topic}/whoami", headers={"Rpc-Timeout": "3600"}).headers["Rpc-Timeout"]) == 5
    assert float(gateway.post(f"/{topic}/whoami").headers["Rpc-Timeout"]) == 4


def test_the_context_reaches_the_endpoint(gateway, topic):
    headers = {
        "Rpc-Context": '{"user_id": "u1", "roles": ["a"], "deep": {"n": 1.0}}',
        "X-Request-Id": "req-mine",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "a=b",
    }
    answer = gateway.post(f"/{topic}/ctxt", headers=headers)
    context = json.loads(result(answer))
    assert context["user_id"] == "u1" and context["roles"] == ["a"] and context["deep"] == {"n": 1.0}
    assert context["request_id"] == "req-mine" and context["global_request_id"] == "req-mine"
    assert context["traceparent"] == headers["traceparent"] and context["tracestate"] == "a=b"
    assert answer.headers["X-Request-Id"] == "req-mine"


def test_a_request_id_is_made_when_none_or_a_bad_one_comes(gateway, topic):
    for headers in ({}, {"X-Request-Id": "has a blank"}, {"X-Request-Id": "x" * 129}):
        answer = gateway.post(f"/{topic}/ctxt", headers=headers)
        context = json.loads(result(answer))
        assert context["request_id"] == answer.headers["X-Request-Id"]
        assert context["request_id"].startswith("req-") and len(context["request_id"]) == 40


def test_the_openstack_name_of_the_request_id_counts_too(gateway, topic):
    answer = gateway.post(f"/{topic}/ctxt", headers={"X-Openstack-Request-Id": "req-theirs"})
    assert json.loads(result(answer))["request_id"] == "req-theirs"


def test_a_call_monitor_keeps_a_long_call_alive(gateway, topic):
    answer = gateway.post(f"/{topic}/sleep", {"seconds": 5}, {"Rpc-Call-Monitor": "2", "Rpc-Timeout": "20"})
    assert result(answer) == b"5"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("no-envelope", b'"bare"'),
        ("twice", b'"good"'),
        ("other-id", b'"good"'),
        ("heartbeat", b'"good"'),
        ("two-messages", b'"first"'),
    ],
)
def test_replies_of_unusual_but_right_form(gateway, verbatim, kind, expected):
    assert result(gateway.post("/verbatim/forge", {"kind": kind})) == expected


def test_failure_wins_over_a_result(gateway, verbatim):
    answer = gateway.post("/verbatim/forge", {"kind": "failure-wins"})
    assert problem(answer, 500, "remote-exception")["exception"]["class"] == "Odd"


def test_two_connections_get_their_own_answers(gateway, topic):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: gateway.post(f"/{topic}/echo", {"value": n}), range(200)))
    assert [int(result(answer)) for answer in answers] == list(range(200))
