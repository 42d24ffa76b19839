# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""The fastest gateway that Python's usual parts make: bare ASGI on uvicorn and uvloop, aio-pika, several processes.

python_gateway.py URL PROCESSES

POST /TOPIC/SERVER/METHOD calls, METHOD:cast casts. Sends what the gateway sends: mandatory and confirmed requests,
acknowledged replies. Checks nothing. Prints "listening on PORT pids A B".
"""

import asyncio
import json
import os
import signal
import socket
import sys
import uuid

import aio_pika
import uvicorn

TIMEOUT = 60
FIELDS = [(b"content-type", b"application/json")]


class Gateway:
    """An ASGI application."""

    def __init__(self, url):
        self.url = url
        self.waiting = {}

    async def connect(self):
        sending, receiving = await aio_pika.connect(self.url), await aio_pika.connect(self.url)
        self.connections = sending, receiving
        channel = await sending.channel(publisher_confirms=True)
        self.exchange = await channel.declare_exchange("openstack", aio_pika.ExchangeType.TOPIC)
        self.reply_queue = f"reply_{uuid.uuid4().hex}"
        queue = await (await receiving.channel()).declare_queue(self.reply_queue, arguments={"x-expires": 1800000})
        await queue.consume(self.receive)

    async def receive(self, message):
        await message.ack()
        reply = json.loads(json.loads(message.body)["oslo.message"])
        future = self.waiting.pop(reply["_msg_id"], None)
        if future and not future.done():
            future.set_result(reply)

    async def publish(self, target, request, expiration):
        body = json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(request)}).encode()
        await self.exchange.publish(aio_pika.Message(
            body, content_type="application/json", content_encoding="utf-8", delivery_mode=2, priority=0,
            expiration=expiration), target, mandatory=True)

    def request(self, method, arguments, **more):
        request_id = f"req-{uuid.uuid4()}"
        return {"method": method, "args": arguments, **more, "_unique_id": uuid.uuid4().hex,
                "_context_request_id": request_id, "_context_global_request_id": request_id}

    async def call(self, target, method, arguments):
        identifier = uuid.uuid4().hex
        future = self.waiting[identifier] = asyncio.get_running_loop().create_future()
        request = self.request(method, arguments, _msg_id=identifier, _reply_q=self.reply_queue, _timeout=None)
        await self.publish(target, request, TIMEOUT)
        return await asyncio.wait_for(future, TIMEOUT)

    async def answer(self, path, body):
        topic, server, method = path.strip("/").split("/")
        target, arguments = f"{topic}.{server}", json.loads(body)
        if method.endswith(":cast"):
            await self.publish(target, self.request(method.removesuffix(":cast"), arguments), None)
            return 202, b"{}"
        reply = await self.call(target, method, arguments)
        if reply["failure"]:
            return 500, reply["failure"].encode()
        return 200, json.dumps(reply["result"]).encode()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self.live(receive, send)
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        status, body = await self.answer(scope["path"], b"".join(parts))
        fields = [*FIELDS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def live(self, receive, send):
        await receive()
        await self.connect()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for connection in self.connections:
            await connection.close()
        await send({"type": "lifespan.shutdown.complete"})


def serve(url, listening):
    config = uvicorn.Config(Gateway(url), loop="uvloop", http="httptools", lifespan="on", log_level="error",
                            access_log=False, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


def main():
    url, processes = sys.argv[1], int(sys.argv[2])
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    children = []
    for _ in range(processes):
        child = os.fork()
        if not child:
            serve(url, listening)
            os._exit(0)
        children.append(child)
    signal.signal(signal.SIGTERM, lambda *_: [os.kill(child, signal.SIGTERM) for child in children])
    print(f"listening on {listening.getsockname()[1]} pids {' '.join(map(str, children))}", flush=True)
    for child in children:
        os.waitpid(child, 0)


main()
