"""Many at once: calls that wait, connections that do nothing."""

import asyncio
import collections
import json
import time

from harness.gateway import result

HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{fields}\r\n"


def request(path, arguments, fields=""):
    body = json.dumps(arguments)
    return (HEAD.format(path=path, length=len(body), fields=fields) + body).encode()


async def read_answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    body = await reader.readexactly(int(fields["content-length"]))
    return int(lines[0].split()[1]), body


async def ask(port, data, count=1):
    """Connects, sends the same request so many times one after the other, returns the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for _ in range(count):
            writer.write(data)
            answer = await read_answer(reader)
        return answer
    finally:
        writer.close()


def test_a_thousand_calls_to_a_server_that_sleeps(family, vhost, figure):
    family.oslo_server(vhost.url(), "thousand", "alpha", "--threads", "1000", "--quiet")
    gateway = family.gateway(vhost.url())
    before = gateway.memory()

    async def run():
        data = request("/thousand/sleep", {"seconds": 2})
        calls = [asyncio.create_task(ask(gateway.port, data)) for _ in range(1000)]
        await asyncio.sleep(1.5)
        during = gateway.memory()
        return await asyncio.gather(*calls), during

    started = time.monotonic()
    answers, during = asyncio.run(run())
    assert collections.Counter(answers) == {(200, b"2"): 1000}
    figure(
        f"1,000 calls of 2 s in {time.monotonic() - started:.1f} s; "
        f"memory {before:.0f} MiB idle, {during:.0f} MiB with calls, {gateway.memory():.0f} MiB after"
    )


def test_calls_in_bursts_of_128_and_256_do_not_stall(family, vhost, figure):
    family.oslo_server(vhost.url(), "bursts", "alpha", "--quiet")
    gateway = family.gateway(vhost.url())

    async def burst(width):
        data = request("/bursts/none", {})
        pairs = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(width)]
        started = time.monotonic()
        for _ in range(3):
            for _, writer in pairs:
                writer.write(data)
            answers = await asyncio.gather(*(read_answer(reader) for reader, _ in pairs))
            assert all(status == 200 for status, _ in answers)
        for _, writer in pairs:
            writer.close()
        return time.monotonic() - started

    spent = {width: asyncio.run(burst(width)) for width in (64, 127, 128, 129, 256, 384, 512)}
    figure(", ".join(f"3 x {width} in {seconds:.2f} s" for width, seconds in spent.items()))
    for width, seconds in spent.items():
        assert seconds < 3 + 3 * width / 100, (width, seconds)


def test_ten_thousand_idle_connections_are_held(family, vhost, figure):
    family.oslo_server(vhost.url(), "idle", "alpha")
    gateway = family.gateway(vhost.url())
    before = gateway.memory()

    async def open_one():
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, _ = await read_answer(reader)
        assert status == 200
        return reader, writer

    async def run():
        pairs = []
        for _ in range(100):
            pairs += await asyncio.gather(*(open_one() for _ in range(100)))
        during = gateway.memory()
        busy = gateway.processor_seconds()
        await asyncio.sleep(2)
        busy = gateway.processor_seconds() - busy
        status, _ = await ask(gateway.port, request("/idle/none", {}), 50)
        assert status == 200
        # Each is still good for another request.
        for start in range(0, len(pairs), 500):
            for _, writer in pairs[start : start + 500]:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            for reader, _ in pairs[start : start + 500]:
                assert (await read_answer(reader))[0] == 200
        for _, writer in pairs:
            writer.close()
        return during, busy

    during, busy = asyncio.run(run())
    figure(f"10,000 idle connections: {before:.0f} -> {during:.0f} MiB; {busy * 1000:.0f} ms of processor in 2 idle seconds")
    assert gateway.running
    result(gateway.post("/idle/none"))


def test_idle_memory(family, vhost, figure):
    gateway = family.gateway(vhost.url())
    figure(f"{gateway.memory():.1f} MiB")
    assert gateway.memory() <= 24


def test_connections_over_the_limit_do_not_harm(family, vhost):
    gateway = family.gateway(vhost.url(), http_max_connections=50)

    async def run():
        opened = await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(150)), return_exceptions=True
        )
        await asyncio.sleep(0.5)
        for one in opened:
            if not isinstance(one, BaseException):
                one[1].close()
        await asyncio.sleep(0.3)

    asyncio.run(run())
    assert gateway.get("/healthz").status == 200


def test_connections_over_the_limit_of_one_address(family, vhost):
    gateway = family.gateway(vhost.url(), http_max_connections_per_address=5)

    async def run():
        served = 0
        pairs = []
        for _ in range(10):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
                pairs.append(writer)
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                status, _ = await asyncio.wait_for(read_answer(reader), 2)
                served += status == 200
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                pass
        for writer in pairs:
            writer.close()
        return served

    assert asyncio.run(run()) == 5
