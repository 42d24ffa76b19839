"""Declarations seen by a tap and those of golden captures, as things that can be compared."""

import json
import re

FIELDS = {
    "Exchange.Declare": ("exchange", "type", "passive", "durable", "auto_delete", "internal", "nowait", "arguments"),
    "Queue.Declare": ("queue", "passive", "durable", "exclusive", "auto_delete", "nowait", "arguments"),
    "Queue.Bind": ("queue", "exchange", "routing_key", "nowait", "arguments"),
    "Queue.Delete": ("queue", "if_unused", "if_empty", "nowait"),
    "Basic.Consume": ("queue", "consumer_tag", "no_local", "no_ack", "exclusive", "nowait", "arguments"),
    "Basic.Qos": ("prefetch_size", "prefetch_count", "global"),
}


def normal(method, arguments):
    """A declaration without the identifiers in names."""
    text = json.dumps([method, {name: arguments[name] for name in FIELDS[method]}], sort_keys=True)
    return re.sub(r"_[0-9a-f]{32}", "_ID", text)


def of_capture(golden):
    """The declarations of the consuming connection of a golden capture, in their order."""
    declarations = []
    for step in golden["steps"]:
        if step["method"] in FIELDS and step["connection"] == 1:
            arguments = dict(step["args"])
            types = step.get("argument_types") or {}
            arguments["arguments"] = {key: [types[key], value] for key, value in arguments.get("arguments", {}).items()}
            declarations.append(normal(step["method"], arguments))
    return declarations


def of_tap(tap, connection):
    """The declarations of a connection through a tap, in their order."""
    declarations = []
    for event in tap.named(*FIELDS):
        if event.connection == connection:
            arguments = dict(event.arguments)
            arguments["global"] = arguments.pop("global_qos", False)
            pairs = arguments.get("arguments") or {}
            arguments["arguments"] = {key: list(value) for key, value in pairs.items()}
            declarations.append(normal(event.name, arguments))
    return declarations


def options_of(golden):
    """The query of a transport URL with which a capture was made."""
    found = re.search(r"options (\S+)", golden["notes"])
    return "?" + found[1] if found else ""
