"""Where the gateway listens, and what it needs for that."""

import re
import signal
import subprocess

import pytest

from harness import places
from harness.process import Process, inherited
from harness.waiting import until

ANYWHERE = re.compile(r"listening on http://0\.0\.0\.0:\d+")


def run(*words):
    command = [places.executable(), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    done = run("keys", "new", "ci")
    path = tmp_path_factory.mktemp("keys") / "keys.yaml"
    path.write_text(done.stdout.splitlines()[1] + "\n")
    return path


@pytest.mark.parametrize("words", [["serve"], ["config", "check"]])
@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"])
def test_others_than_this_machine_are_not_served_by_accident(words, address, keys):
    for more, missing in [([], "authentication (set auth.keys"), (["--set", f"auth.keys={keys}"], "TLS (set http.tls.certificate and http.tls.key")]:
        done = run(*words, "--listen", address, *more)
        assert done.returncode == 2
        assert f'http.listen: "{address}" (option --listen): more than this machine reaches it, without {missing}' in done.stderr
        assert "--insecure or http.insecure=true" in done.stderr
        assert "listening" not in done.stdout


def test_insecure_is_said_and_told(keys):
    for more, missing in [([], "authentication, TLS"), (["--set", f"auth.keys={keys}"], "TLS")]:
        serving = Process([places.executable(), "serve", "--listen", "0.0.0.0:0", "--insecure", *more])
        with serving.ended_on_failure():
            serving.wait_for_line(ANYWHERE.search, 20)
            until(lambda: re.search(rf'others than this machine are served as http\.insecure says without="?{missing}"?$', serving.said(), re.M))
        serving.stop()


def test_a_client_is_not_asked():
    """The same environment, as within a container."""
    environment = {**inherited(), "RPC_GATEWAY_HTTP_LISTEN": "0.0.0.0:8080"}
    command = [places.executable(), "call", "demo/local", "echo", '{"value": 1}']
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_a_reload_opens_no_door(tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text("http: {listen: '127.0.0.1:0'}\n")
    serving = Process([places.executable(), "serve", "--config", path])
    with serving.ended_on_failure():
        serving.wait_for_line(re.compile("listening on").search, 20)
        assert "http.insecure" not in serving.said()
        path.write_text("http: {listen: '0.0.0.0:8080'}\n")
        serving.signal(signal.SIGHUP)
        until(lambda: "configuration refused, the old one stays" in serving.said())
        assert "without authentication" in serving.said()
    serving.stop()
