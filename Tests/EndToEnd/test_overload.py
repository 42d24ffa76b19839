"""A target that hangs or has too much to do takes nothing from others, and goes on answering what it can."""

import asyncio
import concurrent.futures
import json
import time

import pytest

from harness.gateway import problem, result
from harness.waiting import until


@pytest.mark.beside
def test_a_target_that_hangs_leaves_places_for_others(family, vhost):
    vhost.declare_queue("hung")
    family.oslo_server(vhost.url(), "well", "alpha")
    gateway = family.gateway(vhost.url(), rpc_max_in_flight_per_target="10", rpc_check_consumers="false")
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        hanging = [pool.submit(gateway.post, "/hung/none", {}, {"Rpc-Timeout": "5"}) for _ in range(10)]
        until(lambda: json.loads(gateway.get("/-/info").body)["in_flight"] == 10)
        refused = gateway.post("/hung/none", {}, {"Rpc-Timeout": "1"})
        members = problem(refused, 503, "overloaded")
        assert members["executed"] == "no" and "rpc.maxInFlightPerTarget" in members["detail"]
        assert int(refused.headers["Retry-After"]) >= 1
        # The same by another way, and another target.
        batch = gateway.post("/-/jsonrpc", {"jsonrpc": "2.0", "id": 1, "method": "hung/none"}, {"Rpc-Timeout": "1"})
        assert "overloaded" in batch.body.decode()
        for _ in range(20):
            result(gateway.post("/well/none"))
        for call in hanging:
            problem(call.result(), 504, "messaging-timeout")
    # Places come back.
    problem(gateway.post("/hung/none", {}, {"Rpc-Timeout": "1"}), 504, "messaging-timeout")


async def one_call(port, path, body, timeout):
    """Status of one call over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    text = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nRpc-Timeout: {timeout}\r\n"
    writer.write(f"{head}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1])


async def overload(port, rate, seconds):
    """So many calls a second, whatever becomes of them, and one after the other to another target beside them."""
    answers, others = [], []
    end = time.monotonic() + seconds

    async def call():
        answers.append((await one_call(port, "/busy/sleep", {"seconds": 0.5}, 4), time.monotonic()))

    async def beside():
        while time.monotonic() < end:
            others.append(await one_call(port, "/well/none", {}, 5))
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(beside())
        while time.monotonic() < end:
            tasks.create_task(call())
            await asyncio.sleep(1 / rate)
    return answers, others


def test_an_overloaded_target_keeps_answering(family, vhost, figure):
    # 16 at a time of half a second each: 32 a second.
    family.oslo_server(vhost.url(), "busy", "alpha", "--threads", "16")
    family.oslo_server(vhost.url(), "well", "alpha")
    gateway = family.gateway(vhost.url())
    seconds = 24
    started = time.monotonic()
    answers, others = asyncio.run(overload(gateway.port, 120, seconds))
    late = [status for status, at in answers if started + seconds / 2 <= at < started + seconds]
    good = late.count(200) / (seconds / 2)
    figure(f"{good:.0f}/s of 32/s in the second half; {late.count(504)} timed out, {late.count(503)} refused")
    assert good > 32 * 0.7
    assert set(others) == {200}
    assert {status for status, _ in answers} <= {200, 503, 504}
    # And it is well when the load has gone.
    assert gateway.post("/busy/sleep", {"seconds": 0}, {"Rpc-Timeout": "4"}).status == 200
