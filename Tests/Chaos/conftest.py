"""Fixtures of the fault runs: brokers that may be broken, and a stage a scenario. What ran is told in a table at the end."""

import os
import pathlib
import random
import resource
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / name) for name in ("EndToEnd", "Peers")]

from chaos import table  # noqa: E402
from chaos.stage import Stage, told  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.family import Family  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=None, help="the seed of all that is drawn")
    parser.addoption("--table", default=None, help="a file for the table of the scenarios, in Markdown")
    parser.addoption("--minutes", type=float, default=30, help="how long the soak is")


def pytest_configure(config):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config.rows = []
    config.seed = config.getoption("--seed")
    if config.seed is None:
        config.seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))


def pytest_report_header(config):
    return f"seed {config.seed}"


def pytest_terminal_summary(terminalreporter, config):
    if not config.rows:
        return
    terminalreporter.section(f"scenarios, seed {config.seed}")
    for line in table.text(config.rows):
        terminalreporter.write_line(line)
    if config.getoption("--table"):
        pathlib.Path(config.getoption("--table")).write_text("\n".join(table.markdown(config.rows)) + "\n")


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """A broker that scenarios break and bring back."""
    running = Broker(tmp_path_factory.mktemp("chaos") / "broker", ours=True)
    yield running
    running.stop()


@pytest.fixture
def family():
    members = Family()
    yield members
    members.stop()


@pytest.fixture
def stage(request, broker, family):
    yield from told(request, Stage(broker, family, request.node, request.config.seed))
