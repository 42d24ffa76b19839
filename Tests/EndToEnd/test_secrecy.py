"""What holds secrets, and who sees it: the environment, files, `ps`, the log, pages and core dumps."""

import os
import resource
import signal
import subprocess

import pytest

from harness import places
from harness.process import inherited
from harness.waiting import until

PASSWORD = "hunter2-4711"


def url_of(vhost):
    """The broker's URL with a password that nothing else contains; the broker refuses it."""
    return vhost.url(user=f"nobody:{PASSWORD}")


def command_line(process):
    with open(f"/proc/{process.child.pid}/cmdline", "rb") as file:
        return file.read().decode().split("\0")[:-1]


def test_a_file_of_the_environment(family, vhost, tmp_path):
    path = tmp_path / "url"
    path.write_text(vhost.url() + "\n")
    gateway = family.gateway(None, transport_url_file=path)
    assert gateway.get("/readyz").status == 200
    assert vhost.url() not in command_line(gateway)


def test_a_file_with_the_password_alone(family, vhost, tmp_path):
    path = tmp_path / "password"
    path.write_text("guest\n")
    gateway = family.gateway(vhost.url(user="guest"), transport_password_file=path)
    assert gateway.get("/readyz").status == 200
    path.write_text("wrong\n")
    refused = family.gateway(vhost.url(user="guest"), transport_password_file=path, wait_until_ready=False)
    until(lambda: "refused" in refused.said().lower())
    assert refused.get("/readyz").status == 503


def test_a_credential_of_systemd(family, vhost, tmp_path):
    (tmp_path / "transport.url").write_text(vhost.url() + "\n")
    gateway = family.gateway(None, through=["env", f"CREDENTIALS_DIRECTORY={tmp_path}"])
    assert gateway.get("/readyz").status == 200


@pytest.mark.parametrize("words", [["serve"], ["config", "check"], ["call", "a", "b"]])
def test_a_file_that_is_not_there(words, tmp_path):
    environment = {**inherited(), "RPC_GATEWAY_TRANSPORT_URL_FILE": str(tmp_path / "url")}
    done = subprocess.run([places.executable(), *words], capture_output=True, text=True, env=environment, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert f"transport.url (environment variable RPC_GATEWAY_TRANSPORT_URL_FILE): file {tmp_path}/url does not exist" in done.stderr


@pytest.mark.parametrize("way", ["option", "set", "environment", "file"])
def test_the_password_is_told_to_nobody(family, vhost, tmp_path, way):
    """The broker refuses it, so that the log has reason to speak of it."""
    url = url_of(vhost)
    path = tmp_path / "url"
    path.write_text(url)
    options, settings = {
        "option": (["--transport-url", url], {}),
        "set": ([f"--set=transport.url={url}"], {}),
        "environment": ([], {"transport_url": url}),
        "file": ([], {"transport_url_file": path}),
    }[way]
    gateway = family.gateway(None, *options, wait_until_ready=False, log_level="trace", **settings)
    until(lambda: "ACCESS_REFUSED" in gateway.said() or "refused" in gateway.said())
    pages = [gateway.get(page).body.decode() for page in ("/-/info", "/metrics", "/readyz", "/")]
    shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(gateway.child.pid)], capture_output=True, text=True).stdout
    assert "rpc-gateway" in shown and "serve" in shown
    for text in [gateway.said(), *pages, shown, *command_line(gateway)]:
        assert PASSWORD not in text
    if way == "option":
        assert command_line(gateway)[-2:] == ["--transport-url", "*" * len(url)]


def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def dumps_core(folder, *words):
    """Whether a crash of a gateway leaves its memory behind."""
    command = [places.executable(), "serve", "--listen", "127.0.0.1:0", *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, env=inherited(), preexec_fn=unlimited)
    try:
        assert child.stdout.readline().startswith(b"listening on ")
        child.send_signal(signal.SIGABRT)
        _, status = until(lambda: (ended := os.waitpid(child.pid, os.WNOHANG)) != (0, 0) and ended)
        child.returncode = -signal.SIGABRT
    finally:
        child.kill()
        child.stdout.close()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_CORE)[1] == 0, reason="no process here may dump its core")
def test_a_crash_leaves_no_core(tmp_path):
    if not dumps_core(tmp_path, "--set", "process.dumpable=true"):
        pytest.skip("this machine takes no core dumps")
    assert not dumps_core(tmp_path)
