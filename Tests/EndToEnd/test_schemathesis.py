"""The whole HTTP surface, by its contract: requests made from it, good ones and bad ones. None ends in `internal`, and every
answer conforms: status, header fields, type and body; what the contract allows is taken, what it does not is refused.

GATEWAY_TEST_CONTRACT_EXAMPLES is how many are drawn for each operation, besides those that are the same each time, and
GATEWAY_TEST_SEED what draws them.
"""

import os
import re
import subprocess

from harness import places

CONTRACT = places.ROOT / "openapi" / "gateway.yaml"
RULES = places.ROOT / "Tests" / "EndToEnd" / "contract"
EXAMPLES = os.environ.get("GATEWAY_TEST_CONTRACT_EXAMPLES", "4")
SEED = os.environ.get("GATEWAY_TEST_SEED", "1")


def test_every_answer_conforms(module_family, vhost, tmp_path, figure):
    module_family.oslo_server(vhost.url(), "demo", "local", "--quiet")
    # Calls to nobody's queue, and collections without a minimum, take all of their time.
    gateway = module_family.gateway(
        vhost.url(), rpc_response_timeout_ms=300, rpc_max_timeout_ms=300, notifications_pools="true", log_level="error"
    )
    options = ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED, "--no-shrink"]
    options += ["--continue-on-failure", "--generation-database", "none", "--request-timeout", "10", "--no-color"]
    command = [places.contract_tool("st"), "--config-file", RULES / "schemathesis.toml", "run", CONTRACT, "--url", gateway.base]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(RULES)}
    done = subprocess.run([*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1200)
    said = "\n".join(line[:600] for line in done.stdout.splitlines() if line.strip())
    assert done.returncode == 0, f"seed {SEED}\n{said[-30_000:]}\n{done.stderr[-2000:]}"
    cases = int(re.search(r"(\d+) generated", said)[1])
    assert cases > 1000
    assert gateway.running
    figure(f"{cases} requests by the contract, seed {SEED}")
