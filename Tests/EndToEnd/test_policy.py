"""The policy: who may do what, by real HTTP, as files change, and as the command explains it."""

import concurrent.futures
import os
import re
import subprocess
import threading

import pytest

from harness import places
from harness.gateway import problem, result
from harness.process import inherited
from harness.waiting import until

RULES = """
# who may do what
- allow: demo/local/echo
  principals: ci
  rights: timeout:2
- allow: demo/*/add
  roles: adder
  addresses: 127.0.0.0/8
- deny: demo/*/fail
- allow: ["-/-/metrics", "-/-/info"]
  principals: ops
  modes: admin
- allow: "*/*/*"
  principals: ops
  modes: [call, cast, fanout]
  rights: [context]
- allow: demo/local/counter
  addresses: "unix:33"
"""


def run(*words):
    command = [places.executable(), *words]
    return subprocess.run(command, capture_output=True, text=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)


def write(path, text):
    """Puts a whole file in the place of another."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, path)


class Site:
    """A gateway with keys and rules of its own."""

    def __init__(self, family, folder):
        self.policy, keys = folder / "policy.yaml", folder / "keys.yaml"
        self.keys, lines = {}, []
        for name, roles in (("ci", []), ("ops", []), ("adder", ["--role", "adder"])):
            self.keys[name], line = run("keys", "new", name, *roles).stdout.splitlines()
            lines.append(line)
        write(keys, "\n".join(lines) + "\n")
        write(self.policy, RULES)
        self.gateway = family.gateway("memory://", auth_keys=keys, policy_file=self.policy)

    def post(self, name, path, arguments=b"{}", **fields):
        named = {field.replace("_", "-"): value for field, value in fields.items()}
        return self.gateway.post(path, arguments, {"X-Api-Key": self.keys[name], **named})

    def get(self, name, path):
        return self.gateway.get(path, {"X-Api-Key": self.keys[name]})


@pytest.fixture(scope="module")
def site(module_family, tmp_path_factory):
    return Site(module_family, tmp_path_factory.mktemp("site"))


@pytest.fixture
def own_site(family, tmp_path):
    return Site(family, tmp_path)


def denied(answer):
    return problem(answer, 403, "forbidden", "gateway", "no", False)


def test_the_first_rule_that_applies_decides(site):
    assert result(site.post("ci", "/demo/local/echo", {"value": 1})) == b"1"
    denied(site.post("ci", "/demo/local/add", {"a": 1, "b": 2}))
    assert result(site.post("adder", "/demo/local/add", {"a": 1, "b": 2})) == b"3"
    assert result(site.post("adder", "/demo/add", {"a": 1, "b": 2})) == b"3"
    denied(site.post("adder", "/demo/local/echo"))
    assert result(site.post("ops", "/demo/local/echo", {"value": 1})) == b"1"
    denied(site.post("ops", "/demo/local/fail"))
    denied(site.post("ops", "/demo/fail"))
    denied(site.post("ops", "/demo.local/fail"))
    assert site.post("ops", "/demo/*/count:cast").status == 202
    denied(site.post("ops", "/demo/*/whoami:gather"))
    denied(site.post("ops", "/-/amqp/-/demo"))
    denied(site.post("ops", "/-/notifications/demo/a.b"))
    denied(site.get("ops", "/-/notifications/demo"))
    assert site.get("ops", "/metrics").status == site.get("ops", "/-/info").status == 200
    denied(site.get("ci", "/metrics"))
    assert site.gateway.get("/healthz").status == 200


def test_encodings_are_no_way_round(site):
    for path in ("/demo/local/f%61il", "/d%65mo/fail", "/demo/%2A/fail:cast", "/demo/l%6Fcal/fail:cast", "/demo%2Elocal/fail"):
        denied(site.post("ops", path))
    for path in ("/demo//fail", "/demo/./fail", "/demo/local%2Ffail", "/demo/local/fail;x", "/demo/local/fail%00"):
        assert site.post("ops", path).status in (400, 403, 404), path


def test_what_is_unknown_and_what_is_forbidden_look_the_same(site):
    one, other = (denied(site.post("ci", f"/{topic}/local/add")) for topic in ("demo", "nosuch"))
    for members in (one, other):
        for name in ("instance", "request_id", "elapsed", "target"):
            del members[name]
    assert one == other


def test_rights(site):
    assert site.post("ci", "/demo/local/echo", {"value": 1}, Rpc_Timeout="60").headers["Rpc-Timeout"] == "2"
    assert denied(site.post("ci", "/demo/local/echo", {"value": 1}, Rpc_Context="{}"))["detail"].startswith("Rpc-Context: ")
    assert site.post("ops", "/demo/local/echo", {"value": 1}, Rpc_Context="{}").status == 200
    assert denied(site.post("ops", "/demo/local/echo?exchange=other"))["detail"].startswith("query: ")


def test_entries_of_a_batch_are_judged_one_by_one(site):
    batch = [{"jsonrpc": "2.0", "id": number, "method": f"demo/local/{name}", "params": {}} for number, name in enumerate(["count", "fail"])]
    first, second = site.post("ops", "/-/jsonrpc", batch).json()
    assert "result" in first
    assert (second["error"]["code"], second["error"]["data"]["code"]) == (-32015, "forbidden")


def test_denials_are_told_to_the_log_and_nothing_else_is(own_site):
    own_site.post("ops", "/demo/local/fail", {"secret": "s3cret"}, X_Request_Id="req-denied")
    own_site.post("ops", "/demo/local/echo", {"value": "s3cret"}, X_Request_Id="req-allowed")
    line = until(lambda: re.search(r"request denied.*", own_site.gateway.said()))[0]
    for part in ("principal=ops", "target=demo/local/fail", "request.id=req-denied", "policy.line=9", "mode=call"):
        assert part in line
    assert "s3cret" not in own_site.gateway.said()
    assert "req-allowed" not in own_site.gateway.said()


def test_a_reload_under_load_judges_each_request_by_one_of_the_two(own_site):
    """By the old rules `echo` is allowed and `add` is not, by the new ones it is the other way round."""
    old, new = "- allow: demo/local/echo\n", "- allow: demo/local/add\n"
    write(own_site.policy, old)
    until(lambda: own_site.post("ci", "/demo/local/echo", {"value": 1}).status == 200 and own_site.post("ops", "/demo/local/add").status == 403)
    stop, seen = threading.Event(), []
    batch = [{"jsonrpc": "2.0", "id": name, "method": f"demo/local/{name}", "params": {"value": 1} if name == "echo" else {"a": 1, "b": 2}}
             for name in ("echo", "add")]  # fmt: skip

    def ask():
        while not stop.is_set():
            answer = own_site.post("ci", "/-/jsonrpc", batch)
            seen.append((answer.status, tuple("result" in entry for entry in answer.json())))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for text, allowed in ((new, (False, True)), (old, (True, False))) * 2:
                write(own_site.policy, text)
                until(lambda: seen and seen[-1] == (200, allowed), 20)
        finally:
            stop.set()
        for future in asking:
            future.result()
    assert set(seen) == {(200, (True, False)), (200, (False, True))}


def test_wrong_rules_change_nothing(own_site):
    write(own_site.policy, "- allow: demo/local\n")
    until(lambda: re.search(r"keys and rules refused, the old ones stay.*line 1: allow: has to be topic/server/method", own_site.gateway.said()))
    assert own_site.post("ci", "/demo/local/echo", {"value": 1}).status == 200


@pytest.mark.parametrize("words, code, first", [
    (["--as", "ci", "POST", "/demo/local/echo"], 0, "allow: rule 1, line 3 of "),
    (["--as", "ops", "POST", "/demo/local/fail"], 1, "deny: rule 3, line 9 of "),
    (["--as", "x", "--role", "adder", "POST", "/demo/add"], 0, "allow: rule 2, line 6 of "),
    (["--as", "x", "--role", "adder", "--from", "192.0.2.1", "POST", "/demo/add"], 1, "deny: no rule applies"),
    (["POST", "/demo/local/echo"], 1, "deny: no rule applies"),
    (["--from", "unix:33", "POST", "/demo/local/counter"], 0, "allow: rule 6, line 17 of "),
    (["--from", "unix:34", "POST", "/demo/local/counter"], 1, "deny: no rule applies"),
    (["--as", "ops", "GET", "/metrics"], 0, "allow: rule 4, line 10 of "),
])  # fmt: skip
def test_the_command_explains(site, words, code, first):
    done = run("policy", "test", *words, "--set", f"policy.file={site.policy}")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(first)


@pytest.mark.parametrize("words", [["POST", "/demo//echo"], ["GET", "/demo/local/echo"], ["GET", "/healthz"]])
def test_what_is_no_question(site, words):
    assert run("policy", "test", *words, "--set", f"policy.file={site.policy}").returncode == 2


def test_without_a_policy_there_is_nothing_to_ask():
    done = run("policy", "test", "POST", "/demo/local/echo")
    assert done.returncode == 2
    assert "policy.file" in done.stderr
