# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""The broker, the servers and the gateways of one run; all on free loopback ports."""

import base64
import json
import pathlib
import shlex
import subprocess
import time
import urllib.error
import urllib.request

from harness.processes import Failure, Service, output_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "Benchmarks" / "peers"
TOPIC, SERVER = "bench", "echo1"
READY_LIMIT = 30
# How long the method `sleep` takes: the calls that wait have to be sent, and others measured, within it.
SLEEP_SECONDS = 12
AMQP = ("connection.c", "frames.c", "frame_reader.c", "fail.c")
HTTP = ("http_front.c", "fail.c")
SOURCES = {
    "floor": ("floor.c", *AMQP),
    "echo_server": ("echo_server.c", "envelope_text.c", *AMQP),
    "least_gateway": ("least_gateway.c", "request_envelope.c", "http_front.c", "envelope_text.c", "escaping.c", *AMQP),
    "bare_http": ("bare_http.c", *HTTP),
    "load": ("load.c", "load_connection.c", "load_schedule.c", "load_tls.c", "histogram.c", "fail.c"),
}
ECHOED = {"text": "a \"quoted\" \\ text", "list": [1, None, 2.5]}


def compile_peer(name, folder):
    """Compiles a C program of peers/ and returns its path."""
    flags = shlex.split(output_of(["pkg-config", "--cflags", "--libs", "librabbitmq", "libmicrohttpd", "gnutls"], 20))
    files = [PEERS / source for source in SOURCES[name]]
    output_of(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", folder / name, *files, *flags], 120)
    return folder / name


def python_of(requirements, name):
    """The interpreter of an environment that dev/venv makes; None, and a line, where it cannot."""
    try:
        return pathlib.Path(output_of([ROOT / "dev" / "venv", requirements, name], 600).strip()) / "bin" / "python"
    except Failure as failure:
        print(f"{name}: left out; {failure}\n")
        return None


class Broker:
    """A private RabbitMQ."""

    def __init__(self, folder, stack):
        self.variables = {"BROKER_DIR": str(folder / "broker")}
        # Registered before the start, which may be interrupted half way.
        stack.callback(self._tell, "stop")
        self._tell("start", limit=240)
        self.port = int(self._tell("port"))
        self.pid = int(self._tell("pid"))
        self.url = f"rabbit://guest:guest@127.0.0.1:{self.port}/"

    def _tell(self, *words, limit=60):
        return output_of([ROOT / "dev" / "broker", *words], limit, **self.variables)


def _service(stack, command, limit=20, **settings):
    service = Service(command, limit, **settings)
    stack.callback(service.stop)
    return service


def echo_server(folder, port, stack, server=SERVER):
    """The server that everything calls but memory://."""
    service = _service(stack, [compile_peer("echo_server", folder), port, TOPIC, server, SLEEP_SECONDS])
    service.wait_for("^ready")
    return service


def swift_server(executable, broker, name, stack):
    """The demonstration service of `rpc-gateway demo`, which has the method that the floor calls."""
    service = _service(stack, [executable, "demo", "--transport-url", broker.url, "--topic", TOPIC, "--server", name])
    service.wait_for("^serving")
    return service


def python_server(python, broker, name, stack):
    """Python's oslo.messaging server with the same method."""
    service = _service(stack, [python, PEERS / "oslo_server.py", broker.url, TOPIC, name], 30)
    service.wait_for("^serving")
    return service


class HTTPService:
    """What answers calls over HTTP."""

    def __init__(self, service, port, pids=None, topic=TOPIC, server=SERVER, field=None, tls=None):
        self.service = service
        # One more field of each request.
        self.field = field
        # What clients speak TLS with; None where it speaks none.
        self.tls = tls
        self.port = port
        self.pids = pids or [service.pid]
        self.topic, self.server = topic, server

    def path(self, method):
        return f"/{self.topic}/{self.server}/{method}"

    @property
    def base(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def open(self, request, limit):
        """The answer to a request; raises as urllib does."""
        return urllib.request.urlopen(request, timeout=limit, context=self.tls and self.tls.context)

    def check(self):
        self.service.check()

    def check_echo(self):
        """One call whose result has to be what was sent: figures of wrong answers are worth nothing."""
        body = json.dumps({"value": ECHOED}).encode()
        fields = {"Content-Type": "application/json"}
        if self.field:
            name, _, value = self.field.partition(": ")
            fields[name] = value
        request = urllib.request.Request(self.base + self.path("echo"), body, fields)
        try:
            with self.open(request, 10) as answer:
                result = json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read(2000).decode(errors="replace")
            raise Failure(f"echo through {self.service.name}: {error.code} {told}") from None
        except (OSError, ValueError) as error:
            raise Failure(f"echo through {self.service.name}: {error}") from None
        if result != ECHOED:
            raise Failure(f"echo through {self.service.name} answered {result!r}")


def _status(service, path):
    try:
        with service.open(service.base + path, 5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _wait_until_ready(gateway):
    deadline = time.monotonic() + READY_LIMIT
    while _status(gateway, "/readyz") != 200:
        gateway.check()
        if time.monotonic() > deadline:
            raise Failure(f"the gateway is not ready after {READY_LIMIT} s: {gateway.service.said()}")
        time.sleep(0.05)


def new_key(executable, folder):
    """The field with a new API key, and the file that has its digest."""
    key, line = output_of([executable, "keys", "new", "bench"], 20).splitlines()[:2]
    file = folder / "keys.yaml"
    file.write_text(line + "\n")
    return f"Authorization: Bearer {key}", file


RULES = (
    "- deny: service-{0}/*/*", "- deny: {topic}/*/method_{0}", "- {{deny: '*/*/method_{0}', principals: [ops, bench]}}",
    "- {{deny: '*/*/*', principals: client-{0}}}", "- {{deny: service-{0}/node*/method_{0}, principals: client-{0}, modes: [call, cast]}}",
)


def long_policy(folder, topic=None, rules=10_000):
    """A policy with rules of all kinds, of which only the last one is about what is called."""
    topic = topic or TOPIC
    file = folder / "policy.yaml"
    others = "".join(RULES[number % len(RULES)].format(number, topic=topic) + "\n" for number in range(rules - 1))
    file.write_text(f"{others}- allow: {topic}/*/*\n")
    return file


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True, timeout=20).stdout


def _numbers_of(signature):
    """The two numbers of an ECDSA signature as JWS has them (RFC 7518, section 3.4), of the form that OpenSSL writes."""
    first = signature[4:4 + signature[3]]
    second = signature[4 + signature[3] + 2:]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (first, second))


def new_token(folder):
    """The field with a token of ES256, and the file of the issuer that it is from."""
    key = folder / "issuer.key"
    key.write_bytes(_openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))
    point = _openssl("ec", "-in", str(key), "-pubout", "-outform", "DER")[-64:]
    x, y = _base64url(point[:32]), _base64url(point[32:])
    (folder / "issuer.json").write_text(json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "x": x, "y": y}]}))
    issuers = folder / "issuers.yaml"
    issuers.write_text("- {name: corp, issuer: corp, audiences: gateway, keys: issuer.json}\n")
    claims = {"iss": "corp", "aud": "gateway", "sub": "bench", "exp": int(time.time()) + 86_400}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "1"}, claims))
    signature = _numbers_of(_openssl("dgst", "-sha256", "-sign", str(key), given=signed.encode()))
    return f"Authorization: Bearer {signed}.{_base64url(signature)}", issuers


def start_gateway(executable, url, stack, topic=TOPIC, server=SERVER, prefix=(), field=None, tls=None, **settings):
    """`rpc-gateway serve`, ready. Keywords are settings: http_loops=2 is RPC_GATEWAY_HTTP_LOOPS."""
    settings |= tls.settings if tls else {}
    variables = {f"RPC_GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
    command = [*prefix, executable, "serve", "--listen", "127.0.0.1:0", "--transport-url", url]
    service = _service(stack, command, 60 if prefix else 20, **variables)
    port = int(service.wait_for(r"listening on https?://127\.0\.0\.1:(\d+)")[1])
    gateway = HTTPService(service, port, topic=topic, server=server, field=field, tls=tls)
    _wait_until_ready(gateway)
    return gateway


def least_gateway(folder, port, stack, server=SERVER, prefix=()):
    """The least gateway in C."""
    service = _service(stack, [*prefix, compile_peer("least_gateway", folder), port], 60 if prefix else 20)
    return HTTPService(service, int(service.wait_for(r"listening on (\d+)")[1]), server=server)


def bare_http(folder, stack):
    """libmicrohttpd with a constant answer."""
    service = _service(stack, [compile_peer("bare_http", folder)])
    return HTTPService(service, int(service.wait_for(r"listening on (\d+)")[1]))


def python_gateway(python, broker, stack, processes=2):
    """uvicorn, uvloop and aio-pika."""
    url = f"amqp://guest:guest@127.0.0.1:{broker.port}/"
    service = _service(stack, [python, PEERS / "python_gateway.py", url, processes], 30)
    said = service.wait_for(r"listening on (\d+) pids ([\d ]+)")
    return HTTPService(service, int(said[1]), [int(pid) for pid in said[2].split()])
