"""One of three nodes is killed, frozen or cut off: the one with the gateway's reply queue and the server's queues."""

import contextlib

import pytest

from chaos.cluster import Cluster
from chaos.stage import Stage, told

KINDS = {"classic": {}, "quorum": {"quorum": True}}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.stop()


@pytest.fixture
def stage(request, cluster, family):
    cluster.mend()
    yield from told(request, Stage(cluster, family, request.node, request.config.seed))


@pytest.fixture(params=KINDS)
def opened(request, stage):
    # oslo.messaging's server takes its own time to change nodes, which is not what is measured.
    stage.open(real=False, **KINDS[request.param])
    # The order of the hosts is drawn by each gateway.
    for _ in range(20):
        if stage.host.replies_are_on_the_broken_node():
            return stage
        former = stage.another_gateway()
        stage.load.wait_for(30, good=True)
        assert former.stop() == 0
    raise AssertionError("no gateway has its replies on the node that breaks")


@contextlib.contextmanager
def broken(stage, cluster, repair):
    """What breaks the node stands in the context. Clients are served without the node, then with it again."""
    # A classic queue is lost with its node, and once more when both halves are one cluster again; a quorum queue is not.
    with contextlib.nullcontext() if stage.options else stage.losing():
        try:
            yield
            stage.recover()
            stage.load.wait_for(100)
        finally:
            repair()
        cluster.mend()
        stage.recover()
    stage.judge()


def test_node_killed(opened, cluster):
    with broken(opened, cluster, lambda: cluster.broken.run("restart")):
        cluster.broken.run("kill9")


def test_node_frozen(opened, cluster):
    with broken(opened, cluster, cluster.broken.thaw):
        cluster.broken.freeze()
        opened.load_for(20)


def test_node_cut_off(opened, cluster):
    with broken(opened, cluster, cluster.heal):
        cluster.part()
        opened.load_for(10)
