"""Fixtures: one broker a run, one virtual host a module, servers and gateways that end with their scope.

`dev/test` runs the files side by side, a file always whole and in one process, but what is marked `apart`.
"""

import os
import pathlib
import resource
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Peers"))

from harness.broker import Broker  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.family import Family  # noqa: E402
from harness.gateway import Gateway  # noqa: E402

FIGURE = "figure"

# Files that run one after the other while nothing else does, and why. What waits in them rather than works, and measures nothing, is
# marked `beside`.
APART = {
    "test_broker_loss.py": "kills brokers under load, and times how soon the gateway is well again",
    "test_concurrency.py": "ten thousand connections and a thousand calls, timed",
    "test_descriptors.py": "times probes beside hundreds of connections",
    "test_long_inputs.py": "measures processor time to the millisecond",
    "test_overload.py": "measures how many calls a second go through",
}

# Files that take long come first, so that at the end no process works alone.
LONGEST = [
    "test_isolation.py",
    "test_server.py",
    "test_broker_loss.py",
    "test_descriptors.py",
    "test_modes.py",
    "test_interop_notifications.py",
    "test_notifications.py",
    "test_defects.py",
    "test_counts.py",
    "test_wire.py",
    "test_tables.py",
    "test_interop.py",
]


def pytest_configure(config):
    # Ten thousand connections need as many descriptors on this side.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config.addinivalue_line("markers", "apart: runs while nothing else does")
    config.addinivalue_line("markers", "beside: runs beside others, though its file runs apart")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name in APART and not item.get_closest_marker("beside"):
            item.add_marker("apart")
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_terminal_summary(terminalreporter):
    """Tells the figures, those of other processes too."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, text in report.user_properties:
                    if name == FIGURE:
                        terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")


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
    """Tells a measured figure at the end of the run, and in its report."""
    return lambda text: request.node.user_properties.append((FIGURE, text))


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    given = os.environ.get("BROKER_DIR") if os.environ.get("GATEWAY_TEST_BROKER") else None
    running = Broker(given or tmp_path_factory.mktemp("broker") / "own", ours=given is None)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def breakable_broker(tmp_path_factory):
    running = Broker(tmp_path_factory.mktemp("breakable") / "broker", ours=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def own_broker(breakable_broker):
    """A broker for tests that break it: one for all files of this process, whole again when a file begins."""
    if not breakable_broker.accepts():
        breakable_broker.run("restart")
    return breakable_broker


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
def authority(tmp_path_factory):
    """That of the gateway's certificate."""
    return Authority(tmp_path_factory.mktemp("server-authority"), "server authority")


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """That of its clients' certificates."""
    return Authority(tmp_path_factory.mktemp("client-authority"), "client authority")


@pytest.fixture(scope="module")
def gateway(module_family, vhost):
    """A gateway with everything at its default."""
    return module_family.gateway(vhost.url())


@pytest.fixture(scope="module")
def verbatim(module_family, vhost):
    return module_family.verbatim_server(vhost.amqp_url, "verbatim")
