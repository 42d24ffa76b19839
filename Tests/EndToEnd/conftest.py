"""Fixtures: one broker a run, one virtual host a module, servers and gateways that end with their scope."""

import os
import pathlib
import resource
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Peers"))

from harness.broker import Broker  # noqa: E402
from harness.family import Family  # noqa: E402
from harness.gateway import Gateway  # noqa: E402


def pytest_configure(config):
    # Ten thousand connections need as many descriptors on this side.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config.figures = []


def pytest_terminal_summary(terminalreporter, config):
    for line in config.figures:
        terminalreporter.write_line(line)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Gateway):
                report.sections.append((f"{name} said", value.said()))


@pytest.fixture
def figure(request):
    """Tells a measured figure at the end of the run."""
    return lambda text: request.config.figures.append(f"{request.node.name}: {text}")


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    given = os.environ.get("BROKER_DIR") if os.environ.get("GATEWAY_TEST_BROKER") else None
    running = Broker(given or tmp_path_factory.mktemp("broker") / "own", ours=given is None)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory):
    """A broker for tests that break it."""
    running = Broker(tmp_path_factory.mktemp("breakable") / "broker", ours=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def vhost(broker, request):
    return broker.make_virtual_host(request.module.__name__)


@pytest.fixture
def family():
    """Processes of one test."""
    members = Family()
    yield members
    members.stop()


@pytest.fixture(scope="module")
def module_family():
    """Processes of one module."""
    members = Family()
    yield members
    members.stop()


@pytest.fixture(scope="module")
def gateway(module_family, vhost):
    """A gateway with everything at its default."""
    return module_family.gateway(vhost.url())


@pytest.fixture(scope="module")
def verbatim(module_family, vhost):
    return module_family.verbatim_server(vhost.amqp_url, "verbatim")
