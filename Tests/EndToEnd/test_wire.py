"""What the gateway publishes and declares equals what Python's client does, field by field, against golden captures."""

import json
import re
import zlib

import pytest

from harness.gateway import result
from harness.places import VECTORS
from harness.waiting import until

IDENTIFIERS = {"_msg_id": "[0-9a-f]{32}", "_unique_id": "[0-9a-f]{32}", "_reply_q": "reply_[0-9a-f]{32}"}


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def tap(module_family, broker):
    return module_family.tap(broker.port)


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "probe", "alpha")


@pytest.fixture(scope="module")
def tapped(module_family, vhost, tap, server):
    """A gateway whose every AMQP method is seen."""
    return module_family.gateway(vhost.url(tap.port))


def published(tap):
    """Requests only: what goes to the default exchange is the gateway's own message to itself."""
    return [event for event in tap.named("Basic.Publish") if event.arguments["exchange"]]


def ordered(text):
    return json.loads(text, object_pairs_hook=lambda pairs: pairs)


def plain(pairs):
    """(keys in their order, values) of the message without its context."""
    kept = [(key, value) for key, value in pairs if not key.startswith("_context_")]
    return [key for key, _ in kept], dict(kept)


# vector, path, arguments, header fields
CALLS = [
    ("call_request", "/probe/add", b'{"a": 1, "b": 2}', {}),
    ("call_request_server", "/probe/alpha/echo", b'{"value": "x"}', {}),
    ("call_request_namespace_version", "/probe/echo?namespace=ns&version=1.2", b'{"value": 1}', {}),
    (
        "call_request_context",
        "/probe/ctxt",
        b"{}",
        {
            "Rpc-Context": '{"user": "u1", "request_id": "req-1", "is_admin": true, "roles": ["a", "b"], "nested": {"k": null}}',
            "X-Request-Id": "req-1",
        },
    ),
    ("call_request_timeout_fraction", "/probe/echo", b"{}", {"Rpc-Timeout": "2.5"}),
    ("call_request_null_reply", "/probe/none", b"{}", {}),
    ("call_request_monitor", "/probe/sleep", b'{"seconds": 2.4}', {"Rpc-Timeout": "10", "Rpc-Call-Monitor": "2"}),
    ("call_request_retry_zero", "/probe/echo", b"{}", {}),
    ("ping_request", "/probe/oslo_rpc_server_ping", b"{}", {}),
    ("cast_request", "/probe/echo:cast", b'{"value": 1}', {}),
    ("cast_request_server", "/probe/alpha/echo:cast", b"{}", {}),
    ("fanout_request", "/probe/*/echo:cast", b"{}", {}),
]


@pytest.mark.parametrize(("name", "path", "arguments", "headers"), CALLS, ids=[call[0] for call in CALLS])
def test_a_request_equals_pythons(tapped, tap, name, path, arguments, headers):
    golden = vector(name)
    tap.clear()
    answer = tapped.post(path, arguments, headers)
    assert answer.status == (202 if ":cast" in path else 200), answer.body
    (event,) = published(tap)
    assert event.arguments["exchange"] == golden["exchange"]
    assert event.arguments["routing_key"] == golden["routing_key"]
    assert not event.arguments["immediate"]
    properties = dict(event.properties)
    assert properties.pop("headers") == golden["headers"] == {}
    assert set(properties) == set(golden["properties"])
    if "expiration" in properties:
        # What is left of the time when it is sent, never more than was asked for.
        left, whole = int(properties.pop("expiration")), int(golden["properties"].pop("expiration"))
        assert whole - 1000 < left <= whole
    assert properties == {key: value for key, value in golden["properties"].items() if key != "expiration"}
    compare_bodies(event.body.decode(), golden, arguments)


def compare_bodies(body, golden, arguments):
    envelope = ordered(body)
    assert [key for key, _ in envelope] == [key for key, _ in ordered(golden["body_utf8"])]
    assert dict(envelope)["oslo.version"] == "2.0"
    inner = dict(envelope)["oslo.message"]
    assert inner.startswith('{"method": ') and f'"args": {arguments.decode()}' in inner
    keys, values = plain(ordered(inner))
    golden_keys, golden_values = plain(ordered(golden["inner_utf8"]))
    assert keys == golden_keys
    for key, pattern in IDENTIFIERS.items():
        if key in values:
            assert re.fullmatch(pattern, values.pop(key)) and golden_values.pop(key)
    values.pop("args"), golden_values.pop("args")
    assert values == golden_values
    compare_contexts(ordered(inner), ordered(golden["inner_utf8"]))


def compare_contexts(pairs, golden_pairs):
    """The context stands last, in the caller's order; the gateway adds nothing but its request id."""
    names = [key for key, _ in pairs]
    first = next((n for n, key in enumerate(names) if key.startswith("_context_")), len(names))
    assert all(key.startswith("_context_") for key in names[first:])
    own = {"_context_request_id", "_context_global_request_id"}
    wanted = [(key, value) for key, value in golden_pairs if key.startswith("_context_") and key not in own]
    assert [(key, value) for key, value in pairs[first:] if key not in own] == wanted


def test_one_line_of_blanks_as_python_writes_them(tapped, tap):
    tap.clear()
    assert result(tapped.post("/probe/add", b'{"a": 1, "b": 2}')) == b"3"
    body = published(tap)[0].body.decode()
    golden = vector("call_request")["body_utf8"]
    ids = r"[0-9a-f]{32}"
    shape = re.sub(ids, "ID", re.sub(r', \\"_context_.*(?=\}"\}$)', "", body))
    assert shape == re.sub(ids, "ID", golden)


def test_the_server_sees_the_context_python_would_give_it(tapped):
    sent = json.loads(vector("call_reply_context")["inner_utf8"])["result"]
    context = {key: value for key, value in sent.items() if key != "client_timeout"}
    answer = tapped.post("/probe/ctxt", headers={"Rpc-Context": json.dumps(context), "X-Request-Id": "req-1"})
    seen = json.loads(result(answer))
    seen.pop("global_request_id", None)
    assert seen == sent


def test_requests_share_one_reply_queue_and_no_id(tapped, tap):
    tap.clear()
    for _ in range(5):
        tapped.post("/probe/none")
    messages = [json.loads(json.loads(event.body)["oslo.message"]) for event in published(tap)]
    assert len({message["_reply_q"] for message in messages}) == 1
    assert len({message["_msg_id"] for message in messages} | {message["_unique_id"] for message in messages}) == 10


def test_replies_are_acknowledged(tapped, tap):
    def open_tags():
        """Tags that were delivered and not yet acknowledged."""
        tags = {event.arguments["delivery_tag"] for event in tap.named("Basic.Deliver", from_client=False)}
        for event in tap.named("Basic.Ack"):
            tag, multiple = event.arguments["delivery_tag"], event.arguments["multiple"]
            tags = {other for other in tags if (other > tag if multiple else other != tag)}
        return tags

    tap.clear()
    for _ in range(20):
        tapped.post("/probe/none")
    assert len(tap.named("Basic.Deliver", from_client=False)) >= 20
    # Acknowledgements are batched: the gateway's own message, one a second, settles what is left.
    until(lambda: not open_tags(), 5, what="every delivered reply is acknowledged")


TOPOLOGIES = sorted(path.stem for path in VECTORS.glob("topology_client_*.json"))
DECLARATIONS = {
    "Exchange.Declare": ("exchange", "type", "passive", "durable", "auto_delete", "internal", "arguments"),
    "Queue.Declare": ("queue", "passive", "durable", "exclusive", "auto_delete", "arguments"),
    "Basic.Consume": ("queue", "consumer_tag", "no_local", "no_ack", "exclusive", "arguments"),
    "Basic.Qos": ("prefetch_size", "prefetch_count", "global_qos"),
}


def normal(method, arguments):
    """A declaration as something that can be compared, without ids."""
    fields = {name: arguments[name] for name in DECLARATIONS[method]}
    if "queue" in fields:
        fields["queue"] = re.sub(r"^reply_[0-9a-f]{32}$", "reply_ID", fields["queue"])
        return method, json.dumps(fields, sort_keys=True)


def golden_declarations(golden):
    for step in golden["steps"]:
        if step["method"] in DECLARATIONS:
            arguments = dict(step["args"])
            types = step.get("argument_types", {})
            arguments["arguments"] = {key: [types[key], value] for key, value in arguments.get("arguments", {}).items()}
            arguments["global_qos"] = arguments.pop("global", None) or False
            yield normal(step["method"], arguments)


def seen_declarations(tap):
    for event in tap.named(*DECLARATIONS):
        if event.arguments.get("passive"):
            continue
        arguments = {
            key: ({k: list(v) for k, v in value.items()} if isinstance(value, dict) else value)
            for key, value in event.arguments.items()
        }
        arguments["arguments"] = arguments.get("arguments") or {}
        yield normal(event.name, arguments)


def options_of(golden):
    found = re.search(r"options (\S+)", golden["notes"])
    return "?" + found[1] if found else ""


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_declarations_equal_pythons(family, broker, name):
    golden = vector(name)
    query = options_of(golden)
    label = name.removeprefix("topology_client_")
    topic, exchange = ("probe", "openstack") if label == "default" else (f"t_{label}", f"x_{label}")
    fresh = broker.make_virtual_host("topology")
    family.oslo_server(fresh.url(query=query), topic, "alpha", "--exchange", exchange)
    tap = family.tap(broker.port)
    gateway = family.gateway(fresh.url(tap.port, query))
    assert result(gateway.post(f"/{topic}/add?exchange={exchange}", {"a": 1, "b": 2})) == b"3"
    if label != "default":
        assert gateway.post(f"/{topic}/*/echo:cast?exchange={exchange}").status == 202
    assert set(seen_declarations(tap)) == set(golden_declarations(golden))
    assert all(not event.arguments["nowait"] for event in tap.named("Confirm.Select"))
    publishers = {event.connection for event in published(tap)}
    assert publishers <= {event.connection for event in tap.named("Confirm.Select")}


def test_no_connection_both_consumes_and_publishes_requests(family, vhost, broker, server):
    tap = family.tap(broker.port)
    gateway = family.gateway(vhost.url(tap.port))
    result(gateway.post("/probe/none"))
    consumers = {event.connection for event in tap.named("Basic.Consume")}
    assert consumers and not consumers & {event.connection for event in published(tap)}


def test_a_compressed_request_equals_pythons(family, vhost, broker, server):
    golden = vector("call_request_compressed")
    tap = family.tap(broker.port)
    gateway = family.gateway(vhost.url(tap.port, "?kombu_compression=gzip"))
    assert result(gateway.post("/probe/add", b'{"a": 1, "b": 2}')) == b"3"
    (event,) = published(tap)
    headers = {key: list(value) for key, value in event.properties["headers"].items()}
    assert headers == {"compression": ["S", golden["headers"]["compression"]]}
    assert event.properties["content_type"] == golden["properties"]["content_type"]
    assert event.properties["content_encoding"] == golden["properties"]["content_encoding"]
    compare_bodies(zlib.decompress(event.body).decode(), golden, b'{"a": 1, "b": 2}')


def test_a_message_compressed_by_the_server_is_understood(family, vhost, gateway):
    family.oslo_server(vhost.url(query="?kombu_compression=gzip"), "compressed", "one")
    answer = gateway.post("/compressed/add", {"a": 1, "b": 2}, {"Rpc-Timeout": "5"})
    assert result(answer) == b"3"
