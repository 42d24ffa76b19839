"""Fixtures of the fault runs: brokers that may be broken, and a stage a scenario. What ran is told in a table at the end."""

import os
import pathlib
import random
import resource
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / name) for name in ("EndToEnd", "Peers")]

from chaos import table  # noqa: E402
from chaos.stage import Stage  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.family import Family  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=None, help="the seed of all that is drawn")
    parser.addoption("--table", default=None, help="a file for the table of the scenarios, in Markdown")


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
    """A virtual host, servers, a gateway and a load of one scenario; the row of the table is written when it has been checked."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    made = Stage(broker, family, name, request.config.seed)
    yield made
    made.clean_up()
    if made.row:
        request.config.rows.append(made.row)
        _tell(request.config, f"{made.name}: {made.row}, seed {made.seed}")


def _tell(config, line):
    """Writes a line at once, past what keeps a test's own output back."""
    plugins = config.pluginmanager
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        plugins.getplugin("terminalreporter").write_line("\n" + line)
