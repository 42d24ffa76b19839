"""A client generated from the contract contains every operation, and works against a real gateway and a real server."""

import json
import re
import subprocess

import pytest
import yaml

from harness import places

CONTRACT = places.ROOT / "openapi" / "gateway.yaml"

# What a program would write that was given the package `generated`; it tells the outcomes as JSON.
PROGRAM = """
import json, sys
from generated import Client
from generated.api.amqp import send
from generated.api.health import health_of_server
from generated.api.later import operation
from generated.api.notifications import notify
from generated.api.rpc import call, call_any_server, cast, fanout_cast, gather, jsonrpc
from generated.models import CallBody, CallAnyServerBody, CastBody, FanoutCastBody, GatherBody, JSONRPCRequest, Problem
from generated.types import File

client = Client(base_url=sys.argv[1])
told = {}

def note(name, answer):
    parsed = answer.parsed
    told[name] = [int(answer.status_code), parsed.to_dict() if hasattr(parsed, "to_dict") else parsed]

def body(kind, **arguments):
    made = kind()
    made.additional_properties = arguments
    return made

note("call", call.sync_detailed("generated", "alpha", "add", client=client, body=body(CallBody, a=1, b=2), rpc_timeout="5"))
note("any", call_any_server.sync_detailed(
    "generated", "ctxt", client=client, body=body(CallAnyServerBody), rpc_context=json.dumps({"user_id": "u1"}), x_request_id="r1"))
note("cast", cast.sync_detailed("generated", "alpha", "hit", client=client, body=body(CastBody, mark="cast")))
note("fanout", fanout_cast.sync_detailed("generated", "hit", client=client, body=body(FanoutCastBody, mark="fanout")))
gathered = gather.sync_detailed("generated", "whoami", client=client, body=body(GatherBody), min_=1)
told["gather"] = [int(gathered.status_code), [reply.to_dict() for reply in gathered.parsed]]
note("health", health_of_server.sync_detailed("generated", "alpha", client=client))
note("notify", notify.sync_detailed("generated", "a.b", client=client, body={"x": 1}))
note("failure", call.sync_detailed("generated", "alpha", "nothing", client=client, body=body(CallBody)))
assert isinstance(call.sync("nobody", "alpha", "m", client=client, body=body(CallBody)), Problem)
later = call.sync_detailed("generated", "alpha", "whoami", client=client, body=body(CallBody), prefer="respond-async")
told["later"] = [int(later.status_code), later.headers["location"]]
ended = operation.sync_detailed(later.headers["location"].rpartition("/")[2], client=client, prefer="wait=5")
told["operation"] = [int(ended.status_code), json.loads(ended.content)]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The directory that holds the package `generated`."""
    directory = tmp_path_factory.mktemp("client")
    command = [places.contract_tool("openapi-python-client"), "generate", "--path", CONTRACT, "--meta", "none"]
    command += ["--output-path", directory / "generated"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "will not be generated" not in done.stdout, done.stdout
    return directory


def operations():
    contract = yaml.safe_load(CONTRACT.read_text())
    return [one["operationId"] for path in contract["paths"].values() for one in path.values() if "operationId" in one]


def plain(name):
    return re.sub(r"\W|_", "", name).lower()


def test_every_operation_is_in_it(package):
    made = {plain(file.stem) for file in (package / "generated" / "api").rglob("*.py")}
    assert [name for name in operations() if plain(name) not in made] == []


def test_it_calls_and_casts(package, gateway, module_family, vhost):
    server = module_family.oslo_server(vhost.url(), "generated", "alpha")
    command = [places.contract_tool("python"), "-c", PROGRAM, gateway.base]
    done = subprocess.run(command, cwd=package, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["call"] == [200, 3]
    status, context = told["any"]
    assert status == 200 and context["user_id"] == "u1" and context["request_id"] == "r1"
    assert told["cast"] == told["fanout"] == told["notify"] == [202, None]
    assert told["gather"] == [200, [{"result": "alpha"}]]
    assert told["health"][0] == 200 and told["health"][1]["consumers"] == 1
    status, problem = told["failure"]
    assert (status, problem["code"], problem["executed"]) == (404, "no-such-method", "no")
    status, location = told["later"]
    assert status == 202 and location.startswith("/-/operations/")
    assert told["operation"] == [200, "alpha"]
    for mark in ("cast", "fanout"):
        server.wait_for_call("hit", mark=mark)
