"""Handshakes of clients whose way is slow, beside very many of somebody else that never end."""

import collections
import concurrent.futures
import contextlib
import socket
import ssl
import threading
import time

import pytest

from harness import http as raw
from test_http_tls import hello_bytes, serve

VICTIM = "127.0.0.2"
PAUSE = 0.3
REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def ask_slowly(gateway, context):
    """A request whose every flight, those of the handshake among them, comes after a pause; returns the status of the answer."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", gateway.port), 10, (VICTIM, 0)) as connection:

        def exchange(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    send()
                    data = connection.recv(65536)
                    if not data:
                        raise ConnectionError("the server has closed the connection") from None
                    incoming.write(data)

        def send():
            data = outgoing.read()
            if data:
                time.sleep(PAUSE)
                connection.sendall(data)

        exchange(client.do_handshake)
        client.write(REQUEST)
        answer = exchange(lambda: client.read(65536))
    return raw.split(answer)[0][0].status


class Flood:
    """Connections from one address, each of which says so much of a handshake and nothing more, as fast as they can be made."""

    def __init__(self, gateway, starts):
        self.gateway, self.starts, self.count = gateway, starts, 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(2)]
        for thread in self.threads:
            thread.start()

    def run(self):
        held = collections.deque()
        while not self.stopping.is_set():
            with contextlib.suppress(OSError):
                connection = socket.create_connection(("127.0.0.1", self.gateway.port), 10)
                held.append(connection)
                connection.sendall(self.starts[len(held) % len(self.starts)])
                self.count += 1
            if len(held) > 300:
                held.popleft().close()
        for connection in held:
            connection.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("loops", [1, 2])
def test_a_flood_breaks_off_its_own(family, authority, figure, loops):
    gateway = serve(family, authority, authority.server(), http_tls_max_handshakes=32 * loops, http_loops=loops)
    hello = hello_bytes(authority)
    flood = Flood(gateway, [hello, hello[: len(hello) // 2]])
    versions = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            contexts = [authority.context(least=version, most=version) for version in versions * 12]
            statuses = list(pool.map(lambda context: ask_slowly(gateway, context), contexts))
    finally:
        flood.stop()
    figure(f"{len(statuses)} slow handshakes beside {flood.count} that never end: all done")
    assert statuses == [200] * 24
    assert flood.count > 1000
    # Without the flood the gateway is as before.
    assert gateway.get("/livez").status == 200
