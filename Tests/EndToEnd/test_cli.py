"""The command line: the same client without HTTP, and the configuration's checks."""

import json
import re
import socket
import subprocess

import pytest

from harness import places
from harness.places import refusing_port
from harness.plain import pika_server
from harness.process import inherited
from harness.waiting import until


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "cli", "alpha")


def run(*words, environment=None, timeout=30):
    command = [places.executable(), *map(str, words)]
    variables = {**inherited(), **(environment or {})}
    return subprocess.run(command, capture_output=True, text=True, env=variables, timeout=timeout, stdin=subprocess.DEVNULL)


@pytest.fixture
def client(vhost, server):
    return lambda *words: run(*words, "--transport-url", vhost.url())


def test_help_and_version():
    done = run("--help")
    assert done.returncode == 0
    for word in ("serve", "call", "cast", "ping", "config"):
        assert word in done.stdout
        assert run(word, "--help").returncode == 0
    assert re.search(r"\d+\.\d+", run("--version").stdout)


def test_call(client):
    done = client("call", "cli/alpha", "add", '{"a": 1, "b": 2}')
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    assert client("call", "cli", "whoami").stdout == '"alpha"\n'
    assert client("call", "cli", "echo", '{"value": 1}', "--namespace", "ns", "--version", "1.2").stdout == '{"ns": 1}\n'


def test_call_keeps_bytes(client):
    assert client("call", "cli", "echo", '{"value": 12345678901234567890123456789012345678901.0}').returncode == 0
    digits = "1234567890" * 4
    assert client("call", "cli", "echo", f'{{"value": {digits}}}').stdout.strip() == digits


def test_call_with_a_context(client):
    done = client("call", "cli", "ctxt", "--context", '{"user_id": "u1"}')
    assert json.loads(done.stdout)["user_id"] == "u1"


def test_cast_and_fanout(client, server):
    assert client("cast", "cli/alpha", "hit", '{"mark": "cli"}').returncode == 0
    server.wait_for_call("hit", mark="cli")
    assert client("cast", "cli", "hit", '{"mark": "all"}', "--fanout").returncode == 0
    server.wait_for_call("hit", mark="all")


def test_ping(client):
    assert client("ping", "cli/alpha").returncode == 0
    assert client("ping", "cli").returncode == 0


def test_exit_codes_tell_the_outcomes_apart(client, vhost):
    with refusing_port() as port:
        dead = f"rabbit://guest:guest@127.0.0.1:{port}/"
        unavailable = run("call", "cli", "whoami", "--timeout", "2", "--transport-url", dead)
    outcomes = {
        "success": client("call", "cli", "whoami"),
        "remote": client("call", "cli", "fail", '{"module": "builtins", "name": "ValueError", "message": "why"}'),
        "usage": client("call", "cli", "whoami", "[]"),
        "timeout": client("call", "cli", "sleep", '{"seconds": 3}', "--timeout", "0.5"),
        "undeliverable": client("call", "nobody", "whoami"),
        "unavailable": unavailable,
    }
    codes = {name: done.returncode for name, done in outcomes.items()}
    assert codes == {"success": 0, "remote": 1, "usage": 2, "timeout": 3, "undeliverable": 4, "unavailable": 5}, outcomes
    assert "why" in outcomes["remote"].stderr
    assert client("cast", "nobody", "whoami").returncode == 4
    assert client("ping", "nobody").returncode == 4
    assert all(done.stderr for name, done in outcomes.items() if name != "success")


@pytest.mark.parametrize(
    "words",
    [
        ["call"],
        ["call", "a/b/c", "m"],
        ["call", "t", "m", "{", "--transport-url", "memory://"],
        ["call", "t", "m", "--timeout", "never"],
        ["cast", "t/s", "m", "--fanout"],
        ["frobnicate"],
        ["serve", "--nonsense"],
    ],
)
def test_a_wrong_command_line(words):
    done = run(*words)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr


def test_a_good_configuration(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("http:\n  listen: 127.0.0.1:0\nrpc:\n  responseTimeoutMs: 5000\n")
    assert run("config", "check", "--config", file).returncode == 0
    assert run("config", "check").returncode == 0


WRONG = {
    "RPC_GATEWAY_HTTP_LISTEN": "nowhere",
    "RPC_GATEWAY_RPC_RESPONSE_TIMEOUT_MS": "soon",
    "RPC_GATEWAY_RPC_RESPONSE_TIMEUOT_MS": "5",
    "RPC_GATEWAY_RABBIT_RABBIT_QUORUM_QUEUE": "perhaps",
    "RPC_GATEWAY_ERRORS_EXPOSE": "all",
    "RPC_GATEWAY_TRANSPORT_URL": "rabbit://guest:pass-word@host:port/",
}


@pytest.mark.parametrize("words", [["config", "check"], ["config", "show"], ["serve"]])
def test_everything_wrong_is_told_at_once(words, tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("http:\n  maxBodyBytes: many\nnonsense: 1\nlog:\n  level: loud\n")
    done = run(*words, "--config", file, environment=WRONG)
    assert done.returncode == 2, done.stderr
    for word in (
        "http.listen",
        "rpc.responseTimeoutMs",
        "TIMEUOT",
        "rabbit.rabbit_quorum_queue",
        "errors.expose",
        "transport.url",
        "http.maxBodyBytes",
        "nonsense",
        "log.level",
    ):
        assert word in done.stderr, (word, done.stderr)
    assert "pass-word" not in done.stderr + done.stdout


def test_what_comes_first_counts(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("http:\n  listen: 127.0.0.1:1001\n  maxBodyBytes: 1001\nlog.level: info\n")
    environment = {"RPC_GATEWAY_HTTP_LISTEN": "127.0.0.1:1002", "RPC_GATEWAY_LOG_LEVEL": "warning"}
    shown = run("config", "show", "--config", file, "--listen", "127.0.0.1:1003", environment=environment).stdout
    assert "127.0.0.1:1003" in shown and "1001" in shown and "warning" in shown
    assert "127.0.0.1:1002" not in shown


def test_secrets_are_not_shown():
    done = run("config", "show", "--transport-url", "rabbit://me:pass-word@host:5672/")
    assert done.returncode == 0
    assert "pass-word" not in done.stdout + done.stderr
    assert "me:***@host" in done.stdout


def test_an_address_in_use_ends_the_start(family):
    with socket.create_server(("127.0.0.1", 0)) as held:
        done = run("serve", "--listen", f"127.0.0.1:{held.getsockname()[1]}", "--transport-url", "memory://")
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "is in use" in done.stderr and "choose another port" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3


def test_an_unknown_driver_ends_the_start():
    done = run("serve", "--listen", "127.0.0.1:0", "--transport-url", "carrier-pigeon://coop/")
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert "transport.url" in done.stderr and "rabbit" in done.stderr


def test_an_option_that_is_not_supported_ends_the_start():
    url = "rabbit://guest:guest@127.0.0.1:1/?use_queue_manager=true"
    done = run("serve", "--listen", "127.0.0.1:0", "--transport-url", url)
    assert done.returncode == 2 and "use_queue_manager" in done.stderr


def test_json_logs(family, vhost, server):
    gateway = family.gateway(vhost.url(), log_format="json", log_level="debug")
    gateway.post("/cli/whoami")
    lines = until(lambda: [line for line in gateway.errors if line], 5)
    assert all(isinstance(json.loads(line), dict) for line in lines), lines[:5]


def test_gather(client):
    done = client("gather", "cli", "add", '{"a": 1, "b": 2}', "--min", "1")
    assert (done.returncode, done.stdout) == (0, '{"result": 3}\n'), done.stderr
    fewer = client("gather", "cli", "add", '{"a": 1}', "--min", "2", "--timeout", "1")
    assert fewer.returncode == 3
    assert json.loads(fewer.stdout)["exception"]["class"] == "TypeError"


def test_demo_serves_alone_on_a_broker(client, vhost):
    command = [places.executable(), "demo", "--server", "own", "--transport-url", vhost.url()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=inherited()) as process:
        assert process.stdout.readline() == "serving demo/own\n"
        assert client("call", "demo/own", "add", '{"a": 1, "b": 2}').stdout == "3\n"
        assert client("ping", "demo/own").stdout == "alive\n"
        process.terminate()
        assert process.wait(10) == 0


def test_demo_wants_a_broker():
    done = run("demo")
    assert done.returncode == 2
    assert "--transport-url" in done.stderr


def test_plain_amqp(client, vhost, family):
    family.add(pika_server(vhost.amqp_url, "cli_plain"))
    assert client("amqp", "-", "cli_plain", "20").stdout == "6765"
    assert client("amqp", "-", "cli_plain", "1", "--cast").returncode == 0
    assert client("amqp", "-", "cli_nothing", "1").returncode == 4
