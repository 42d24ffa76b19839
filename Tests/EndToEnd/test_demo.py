"""The first minute of somebody new: no broker, no configuration, the commands of the start-up text pasted into a shell."""

import json
import subprocess

import pytest

from harness.gateway import Gateway, problem, result


@pytest.fixture(scope="module")
def demo(module_family):
    return module_family.add(Gateway(None, wait_until_ready=True))


def test_the_commands_that_the_start_prints_work(demo):
    commands = [line.strip() for line in demo.lines + demo.errors if line.strip().startswith("curl ")]
    assert len(commands) == 3
    for command in commands:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout


def test_the_demo_service(demo):
    assert result(demo.post("/demo/local/add", {"a": 1, "b": 2})) == b"3"
    assert result(demo.post("/demo/local/echo", b'{"value": {"n": 12345678901234567890, "x": 1.0}}')) == (
        b'{"n": 12345678901234567890, "x": 1.0}'
    )
    answer = demo.post("/demo/sleep", {"seconds": 0.3})
    assert answer.status == 200 and answer.seconds >= 0.3
    answer = demo.post("/demo/local/fail", {"kind": "not_found"})
    assert answer.status >= 400 and json.loads(answer.body)["origin"] == "remote"
    problem(demo.post("/demo/local/sleep", {"seconds": 5}, {"Rpc-Timeout": "0.2"}), 504, "messaging-timeout")


def test_errors_without_a_broker(demo):
    problem(demo.post("/demo/local/nothing"), 404, "no-such-method", "remote", "no", False)
    problem(demo.post("/demo/local/add", {"a": 1}), 400, "invalid-arguments", "remote", "no", False)
    problem(demo.post("/nobody/m"), 503, "undeliverable", None, "no", True)
    problem(demo.post("/demo/local/echo?version=9.0"), 404, "unsupported-version", "remote", "no", False)


def test_casts_and_fanouts_reach_the_counter(demo):
    text = "\n".join(demo.lines)
    assert "demo" in text
    for path in ("/demo/local/count:cast", "/demo/*/count:cast"):
        assert demo.post(path).status == 202
    assert int(json.loads(result(demo.post("/demo/local/counter")))) == 2
