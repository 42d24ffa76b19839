"""Work on one message is bounded in time by its size: nobody else waits for a client's or a server's odd megabytes."""

import contextlib

import pytest

from harness.gateway import problem


@contextlib.contextmanager
def processor_time(gateway):
    """The processor's seconds that the gateway takes meanwhile: no more than that the loop can have been held at a stretch.

    Time on the wall would show what else the machine does.
    """
    before = gateway.processor_seconds()
    took = []
    yield took
    took.append(gateway.processor_seconds() - before)


def bound(size):
    """The seconds that so many bytes may take in all: read, checked, enveloped, published, and the answer written."""
    return size / 100e6 + 0.05


MANY = {
    "as-many-as-may-be": lambda: "{" + ",".join(f'"{number:x}":1' for number in range(16_384)) + "}",
    "distinct": lambda: "{" + ",".join(f'"{number:x}":1' for number in range(1_600_000)) + "}",
    "escaped": lambda: "{" + ",".join(f'"{number:x}\\n":1' for number in range(1_200_000)) + "}",
    "twice-at-the-end": lambda: "{" + ",".join(f'"{number:x}":1' for number in range(1_600_000)) + ',"0":1}',
    "nested": lambda: '{"a":[' + ",".join('{"b":[[]]}' for _ in range(1_000_000)) + "]}",
    "deep": lambda: '{"a":[' + ",".join("[" * 200 + "]" * 200 for _ in range(30_000)) + "]}",
}


@pytest.mark.parametrize("kind", MANY)
def test_arguments_of_many_parts_hold_nobody_up(gateway, figure, kind):
    body = MANY[kind]().encode()
    with processor_time(gateway) as took:
        answer = gateway.post("/nobody-long/m", body)
    problem(answer, *((503, "undeliverable") if kind in ("as-many-as-may-be", "nested", "deep") else (400, "invalid-arguments-json")))
    figure(f"{len(body) / 1e6:.0f} MB: {took[0] * 1000:.0f} ms")
    assert took[0] < bound(len(body))


@pytest.mark.parametrize("kind", ["long-message", "many-lines", "many-entries", "many-members", "many-keywords"])
def test_failures_of_any_length_hold_nobody_up(gateway, verbatim, figure, kind):
    size = 15_000_000
    with processor_time(gateway) as took:
        answer = gateway.post("/verbatim/forge", {"kind": kind, "size": size})
    problem(answer, 500, "remote-exception")
    figure(f"{size / 1e6:.0f} MB: {took[0] * 1000:.0f} ms")
    # The text is a JSON string in a JSON string in a JSON string.
    assert took[0] < bound(3 * size)
