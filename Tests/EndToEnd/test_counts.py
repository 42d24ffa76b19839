"""What a call costs, in instructions and allocations; they do not depend on what else the machine does."""

import json
import os
import subprocess

from harness import places

COUNTS = places.ROOT / "Benchmarks" / "counts"


def test_a_call_costs_no_more_than_its_thresholds(broker, tmp_path, figure):
    figures = tmp_path / "counts.json"
    command = [COUNTS, "--kinds", "rabbit,rabbit-keys,memory", "--gateway", places.executable(), "--broker-port", str(broker.port),
               "--output", figures]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RPC_GATEWAY_")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    for transport, counted in json.loads(figures.read_text()).items():
        figure(f"{transport}: {counted['instructions']:,.0f} instructions, {counted['allocations']:.1f} allocations a call")
