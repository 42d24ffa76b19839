"""Work on one message is bounded in time by its size: nobody else waits for a client's or a server's odd megabytes."""

import pytest

from harness.gateway import problem


def processor_time(gateway, bound, work):
    """The processor's seconds that the gateway takes meanwhile: no more than that the loop can have been held at a stretch.

    Time on the wall would show what else the machine does. What shares the processor's caches and its other half still makes
    the same work twice as long at times and never shorter, so what is over the bound is tried again, seven times at most.
    """
    took = []
    while not took or (took[-1] >= bound and len(took) < 8):
        before = gateway.processor_seconds()
        work()
        took.append(gateway.processor_seconds() - before)
    return min(took)


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
    expected = (503, "undeliverable") if kind in ("as-many-as-may-be", "nested", "deep") else (400, "invalid-arguments-json")
    took = processor_time(gateway, bound(len(body)), lambda: problem(gateway.post("/nobody-long/m", body), *expected))
    figure(f"{len(body) / 1e6:.0f} MB: {took * 1000:.0f} ms")
    assert took < bound(len(body))


@pytest.mark.parametrize("kind", ["long-message", "many-lines", "many-entries", "many-members", "many-keywords"])
def test_failures_of_any_length_hold_nobody_up(gateway, verbatim, figure, kind):
    size = 15_000_000
    # The text is a JSON string in a JSON string in a JSON string.
    may_take = bound(3 * size)
    request = {"kind": kind, "size": size}
    took = processor_time(gateway, may_take, lambda: problem(gateway.post("/verbatim/forge", request), 500, "remote-exception"))
    figure(f"{size / 1e6:.0f} MB: {took * 1000:.0f} ms")
    assert took < may_take
