"""A bad network between the gateway and the broker."""

import pytest

from chaos.proxy import GOOD, Manners

# name: (manners, seconds of a request)
NETWORKS = {
    "a second late": (Manners(latency=0.5), 8.0),
    "two pieces of a hundred lost": (Manners(loss=0.02), 3.0),
    "ten kilobytes a second": (Manners(rate=10_000), 3.0),
    "single bytes": (Manners(single=True), 3.0),
    "a hole": (Manners(hole=True), 3.0),
}


@pytest.mark.parametrize("network", NETWORKS)
def test_network(stage, network):
    manners, timeout = NETWORKS[network]
    stage.open(proxied=True, load={"timeout": timeout, "rate": 60})
    stage.proxy.manners = manners
    stage.load_for(15)
    stage.proxy.manners = GOOD
    stage.recover()
    stage.judge()


def test_half_open_connections(stage):
    """Connections that pass nothing any more, of which neither side is told; new ones are good at once."""
    # Twice this is how long a connection is trusted that only takes messages, two minutes by default.
    stage.open(proxied=True, rabbit_heartbeat_timeout_threshold=10)
    for _ in range(3):
        stage.proxy.swallow()
        # From the fault on: nobody tells of its end.
        stage.recover()
    stage.judge()


@pytest.mark.core
def test_cut_within_a_frame(stage):
    stage.open(proxied=True)
    for _ in range(15):
        stage.proxy.cut_in_a_frame()
        stage.load.wait_for(20)
    stage.recover()
    stage.judge()
