"""Rights that are taken back while something is kept or open, by real HTTP as files change."""

import datetime
import os
import re
import subprocess
import time

import pytest

from harness import places
from harness.events import Events, Refused
from harness.gateway import problem, result
from harness.process import inherited
from harness.waiting import until

ALL = '- allow: "*/*/*"\n  principals: [ci, ops]\n'
NOTHING_FOR_CI = '- deny: ["demo/*/*", "news/*/*"]\n  principals: ci\n' + ALL


def new_key(name, *options):
    command = [places.executable(), "keys", "new", name, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=inherited(), timeout=30, stdin=subprocess.DEVNULL)
    return done.stdout.splitlines()


def write(path, text):
    """Puts a whole file in the place of another."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, path)


class Site:
    """A gateway with keys and rules that change."""

    def __init__(self, family, folder, expires=None):
        self.policy, self.file = folder / "policy.yaml", folder / "keys.yaml"
        self.keys, self.lines = {}, {}
        for name in ("ci", "ops"):
            options = ["--expires", expires] if expires and name == "ci" else []
            self.keys[name], self.lines[name] = new_key(name, *options)
        write(self.file, "\n".join(self.lines.values()) + "\n")
        write(self.policy, ALL)
        self.gateway = family.gateway("memory://", auth_keys=self.file, policy_file=self.policy)

    def fields(self, name, **more):
        return {"X-Api-Key": self.keys[name], **{field.replace("_", "-"): value for field, value in more.items()}}

    def post(self, name, path, arguments=b"{}", **fields):
        return self.gateway.post(path, arguments, self.fields(name, **fields))

    def request(self, method, name, path, **fields):
        return self.gateway.request(method, path, headers=self.fields(name, **fields))

    def rule(self, text):
        """Puts rules in force."""
        write(self.policy, text)
        wanted = text != ALL
        until(lambda: (self.post("ci", "/demo/local/echo", {"value": 0}).status == 403) is wanted)


@pytest.fixture
def site(family, tmp_path):
    return Site(family, tmp_path)


@pytest.fixture
def listen(site):
    streams = []

    def open_stream(name, path="/-/notifications/news", of=None):
        of = of or site
        streams.append(Events(of.gateway, path, headers=of.fields(name)))
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()


def refused(answer):
    return problem(answer, 403, "forbidden", "gateway", "no", False)


def test_what_is_kept_is_judged_again(site):
    first = site.post("ci", "/demo/local/count", Idempotency_Key="k")
    operation = site.post("ci", "/demo/local/count", Prefer="respond-async").headers["Location"]
    others = site.post("ops", "/demo/local/count", Idempotency_Key="k")
    batch = b'[{"jsonrpc":"2.0","id":1,"method":"demo/local/echo","params":{"value":1}}]'
    assert site.post("ci", "/-/jsonrpc", batch, Idempotency_Key="b").json()[0]["result"] == 1
    assert site.post("ci", "/demo/local/count", Idempotency_Key="k").body == result(first)
    site.rule(NOTHING_FOR_CI)
    for answer in (
        site.post("ci", "/demo/local/count", Idempotency_Key="k"),
        site.post("ci", "/-/jsonrpc", batch, Idempotency_Key="b"),
        site.request("GET", "ci", operation),
        site.request("GET", "ci", operation, Prefer="wait=5"),
        site.request("DELETE", "ci", operation),
    ):
        refused(answer)
    assert site.request("GET", "ops", operation).status == 404
    assert site.post("ops", "/demo/local/count", Idempotency_Key="k").body == result(others)
    site.rule(ALL)
    assert site.post("ci", "/demo/local/count", Idempotency_Key="k").body == result(first)
    assert site.request("GET", "ci", operation).status == 200


def ends(stream, victim, code, seconds=5):
    """The stream ends by an event that says why, and the other one goes on."""
    until(stream.ended.is_set, seconds)
    assert not stream.cut
    last = stream.events[-1]
    assert last.type == "error" and re.search(rf'"code":"{code}"', last.data), last
    assert len(stream.of_type("error")) == 1
    assert not victim.ended.is_set() and not victim.of_type("error")


def goes_on(site, victim):
    count = len(victim.notifications)
    assert site.post("ops", "/-/notifications/news/a.b").status == 202
    victim.wait_for(count + 1)


def test_a_stream_ends_with_its_right(site, listen):
    stream, victim = listen("ci"), listen("ops")
    goes_on(site, victim)
    stream.wait_for(1)
    site.rule(NOTHING_FOR_CI)
    begun = time.monotonic()
    ends(stream, victim, "forbidden")
    assert time.monotonic() - begun < 1
    goes_on(site, victim)
    with pytest.raises(Refused) as again:
        listen("ci")
    assert again.value.status == 403
    assert "news" in site.gateway.said()


def test_a_stream_ends_with_its_key(site, listen):
    stream, victim = listen("ci"), listen("ops")
    # A call that has been sent is not taken back.
    write(site.file, site.lines["ops"] + "\n")
    ends(stream, victim, "unauthenticated")
    goes_on(site, victim)
    with pytest.raises(Refused) as again:
        listen("ci")
    assert again.value.status == 401


def test_a_stream_ends_when_its_key_expires(family, tmp_path, listen):
    end = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(seconds=4)
    site = Site(family, tmp_path, expires=end.strftime("%Y-%m-%dT%H:%M:%SZ"))
    stream, victim = listen("ci", of=site), listen("ops", of=site)
    ends(stream, victim, "unauthenticated", seconds=10)
    assert 0 <= datetime.datetime.now(datetime.UTC).timestamp() - end.timestamp() < 1.5
    goes_on(site, victim)


def test_other_rules_for_others_end_nothing(site, listen):
    stream, victim = listen("ci"), listen("ops")
    site.rule('- deny: "demo/*/*"\n  principals: ci\n' + ALL)
    goes_on(site, victim)
    stream.wait_for(1)
    assert not stream.ended.is_set()
