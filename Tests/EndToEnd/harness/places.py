"""Where things are, and which Python runs which oslo.messaging."""

import contextlib
import functools
import os
import pathlib
import socket
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEERS = ROOT / "Tests" / "Peers"
VECTORS = ROOT / "Tests" / "Vectors"
RELEASES = ("18.3.1", "14.0.3")


def executable():
    given = os.environ.get("GATEWAY_TEST_EXECUTABLE")
    return given or str(ROOT / ".build" / "release" / "rpc-gateway")


@functools.lru_cache(maxsize=None)
def python(release):
    """The interpreter that has this release of oslo.messaging."""
    given = os.environ.get(f"GATEWAY_TEST_PEERS_{release.split('.')[0]}")
    if given:
        return given
    command = [ROOT / "dev" / "venv", PEERS / f"requirements-{release}.txt", f"oslo-{release}"]
    return subprocess.check_output(command, text=True).strip() + "/bin/python"


@functools.lru_cache(maxsize=None)
def contract_tool(name):
    """A program of those that read the contract."""
    given = os.environ.get("GATEWAY_TEST_CONTRACT_TOOLS")
    if not given:
        command = [ROOT / "dev" / "venv", ROOT / "Tests" / "EndToEnd" / "requirements-contract.txt", "contract"]
        given = subprocess.check_output(command, text=True).strip() + "/bin"
    return pathlib.Path(given) / name


@contextlib.contextmanager
def refusing_port():
    """A port on which nobody listens and nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
