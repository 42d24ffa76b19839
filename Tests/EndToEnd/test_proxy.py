"""A trusted proxy in front: whom it names, where it says that requests came from, and what anybody else says of that."""

import json
import re

import pytest

from harness import http
from harness.gateway import problem, result
from harness.waiting import until
from test_authentication import new_key, run, write

RULES = """
- allow: demo/local/echo
  principals: ["proxy#alice", ops]
- allow: demo/local/count
  addresses: 192.0.2.0/24
- allow: demo/local/add
  roles: adder
"""
PROXY, STRANGER = "127.0.0.2", "127.0.0.1"


class Site:
    def __init__(self, family, folder, **settings):
        self.key, line = new_key("ops")
        write(folder / "keys.yaml", line)
        write(folder / "policy.yaml", RULES)
        files = {"auth_keys": folder / "keys.yaml", "policy_file": folder / "policy.yaml"}
        self.gateway = family.gateway("memory://", log_level="info", auth_proxy_addresses="127.0.0.2, 10.0.0.0/8", **{**files, **settings})

    def ask(self, method, *fields, source=PROXY, arguments=None):
        """A call with fields as they are, some of them twice."""
        body = json.dumps(arguments or {}).encode()
        head = [f"POST /demo/local/{method} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        data = "\r\n".join([*head, "Connection: close", *fields, "", ""]).encode() + body
        answers, _ = http.exchange(self.gateway.port, data, source=source)
        return answers[0]


@pytest.fixture(scope="module")
def site(module_family, tmp_path_factory):
    return Site(module_family, tmp_path_factory.mktemp("site"), auth_proxy_identity="X-Remote-User", auth_proxy_roles="X-Remote-Roles")


@pytest.fixture(scope="module")
def keystone(module_family, tmp_path_factory):
    return Site(module_family, tmp_path_factory.mktemp("keystone"), auth_proxy_identity="keystone")


def wrong(answer, name):
    """Refused by the name of the field."""
    members = problem(answer, 400, "invalid-request", "gateway", "no", False)
    assert members["detail"].startswith(f"{name}: "), members["detail"]


def unknown(answer):
    problem(answer, 401, "unauthenticated", "gateway", "no", False)


def denied(answer):
    problem(answer, 403, "forbidden", "gateway", "no", False)


def test_a_proxy_names_who_a_request_is_from(site):
    assert result(site.ask("echo", "X-Remote-User: alice", arguments={"value": 1})) == b"1"
    assert result(site.ask("echo", "x-remote-user:alice", arguments={"value": 1})) == b"1"
    denied(site.ask("echo", "X-Remote-User: bob"))
    # The key's principal is another one.
    denied(site.ask("echo", "X-Remote-User: ops"))
    assert result(site.ask("add", "X-Remote-User: bob", "X-Remote-Roles: reader , adder", arguments={"a": 1, "b": 2})) == b"3"
    denied(site.ask("add", "X-Remote-User: bob", "X-Remote-Roles: xadder,adderx"))
    unknown(site.ask("echo"))
    unknown(site.ask("echo", "X-Remote-Roles: adder"))


@pytest.mark.parametrize("field", ["X-Remote-User: alice", "X-Remote-Roles: adder", "x-REMOTE-user: alice", "X-Remote-User:", "X-Remote-User: ops"])
def test_nobody_else_does(site, field):
    name = "X-Remote-Roles" if "Roles" in field else "X-Remote-User"
    for more in ([], [f"X-Api-Key: {site.key}"], ["X-Forwarded-For: 127.0.0.2"], ["Forwarded: for=127.0.0.2;by=127.0.0.2"]):
        wrong(site.ask("echo", field, *more, source=STRANGER), name)
    assert result(site.ask("echo", f"X-Api-Key: {site.key}", source=STRANGER, arguments={"value": 1})) == b"1"


def test_what_is_said_twice_or_of_two_is_refused(site):
    wrong(site.ask("echo", "X-Remote-User: alice", "X-Remote-User: alice"), "X-Remote-User")
    answer = site.ask("echo", "X-Remote-User: alice", f"X-Api-Key: {site.key}")
    assert "two different principals" in problem(answer, 400, "invalid-request")["detail"]
    answer = site.ask("echo", "X-Remote-User: alice", f"Authorization: Bearer {site.key}")
    assert "two different principals" in problem(answer, 400, "invalid-request")["detail"]
    # A wrong credential is not passed over for what the proxy says.
    unknown(site.ask("echo", "X-Remote-User: alice", "X-Api-Key: rgw_wrong"))


@pytest.mark.parametrize("name", ["", "a b", "a" * 257, 'a"b', "a\\b", "käthe"])
def test_names_that_cannot_be(site, name):
    unknown(site.ask("echo", f"X-Remote-User: {name}"))


def test_probes_are_open_to_all(site):
    for source in (PROXY, STRANGER):
        assert http.request(site.gateway.port, "GET", "/healthz", headers={"X-Remote-User": "alice"}, source=source).status == 200


FORWARDED = [
    (["192.0.2.9"], 200),
    (["192.0.2.9:4711"], 200),
    (["203.0.113.7, 192.0.2.9"], 200),
    (["192.0.2.9, 203.0.113.7"], 403),
    (["192.0.2.9, 10.1.2.3"], 200),
    (["203.0.113.7", "192.0.2.9, 10.1.2.3 ,10.9.9.9"], 200),
    (["192.0.2.9", "203.0.113.7"], 403),
    (["garbage, 192.0.2.9"], 200),
    (["192.0.2.9, ,"], 200),
    (["::ffff:192.0.2.9"], 200),
    (["[::ffff:192.0.2.9]:80"], 200),
    (["2001:db8::1"], 403),
    (["192.0.2.9, garbage"], 400),
    (["192.0.2.9, unknown"], 400),
    (["192.0.2.9, 10.1.2.3, 192.0.2.9:x"], 400),
    (["192.0.2.9, 0x0a.1.2.3"], 400),
    (["192.0.2.9/24"], 400),
    ([""], 400),
    ([], 403),
]


@pytest.mark.parametrize("values, status", FORWARDED, ids=range(len(FORWARDED)))
def test_where_a_request_came_from(site, values, status):
    fields = [f"X-Forwarded-For: {value}" for value in values]
    answer = site.ask("count", "X-Remote-User: bob", *fields)
    assert answer.status == status, answer.body
    # From others it is not read.
    assert site.ask("count", f"X-Api-Key: {site.key}", *fields, source=STRANGER).status == 403
    # Nor is the other field, which a client of the proxy may have written.
    assert site.ask("count", "X-Remote-User: bob", "Forwarded: for=192.0.2.9").status == 403


RFC_7239 = [
    (["for=192.0.2.9"], 200),
    (['For="192.0.2.9:4711"; proto=https;by=203.0.113.1'], 200),
    (["for=203.0.113.7, for=192.0.2.9"], 200),
    (["for=203.0.113.7, for=192.0.2.9;host=a", 'for="[::ffff:10.0.0.1]:80"'], 200),
    (["for=192.0.2.9, for=203.0.113.7"], 403),
    (['for="[2001:db8::1]"'], 403),
    (['for="203.0.113.7, for=192.0.2.9"'], 400),
    (['for="203.0.113.7, for=192.0.2.9'], 400),
    (["for=192.0.2.9, for=unknown"], 400),
    (["for=192.0.2.9, for=_hidden"], 400),
    (["for=192.0.2.9, proto=https"], 400),
    (["for=192.0.2.9;for=203.0.113.7"], 400),
]


@pytest.fixture(scope="module")
def rfc_7239(module_family, tmp_path_factory):
    settings = {"auth_proxy_identity": "X-Remote-User", "auth_proxy_forwarded": "forwarded"}
    return Site(module_family, tmp_path_factory.mktemp("rfc"), **settings)


@pytest.mark.parametrize("values, status", RFC_7239, ids=range(len(RFC_7239)))
def test_where_a_request_came_from_by_rfc_7239(rfc_7239, values, status):
    answer = rfc_7239.ask("count", "X-Remote-User: bob", *[f"Forwarded: {value}" for value in values])
    assert answer.status == status, answer.body
    assert rfc_7239.ask("count", "X-Remote-User: bob", "X-Forwarded-For: 192.0.2.9").status == 403


def test_the_log_and_limits_have_the_clients_address(family, tmp_path):
    site = Site(family, tmp_path, auth_keys="none", policy_file="none", limits_rate="1", limits_burst="2")
    forwarded = lambda address: f"X-Forwarded-For: 127.0.0.9, {address}"  # noqa: E731
    statuses = [site.ask("count", forwarded("198.51.100.1")).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    # The next client of the proxy has a share of its own, and so has somebody who does not come by it, whatever they say.
    assert site.ask("count", forwarded("198.51.100.2")).status == 200
    assert site.ask("count", forwarded("198.51.100.1"), source=STRANGER).status == 200
    site = Site(family, tmp_path)
    unknown(site.ask("count", "X-Api-Key: rgw_wrong", forwarded("198.51.100.3")))
    line = until(lambda: re.search(r"credential refused.*", site.gateway.said()))[0]
    assert "client.address=198.51.100.3" in line


KEYSTONE = ["X-Identity-Status: Confirmed", "X-User-Id: alice", "X-Roles: adder"]


def test_keystone(keystone):
    assert result(keystone.ask("echo", *KEYSTONE, arguments={"value": 1})) == b"1"
    assert result(keystone.ask("add", *KEYSTONE, arguments={"a": 1, "b": 2})) == b"3"
    unknown(keystone.ask("echo", "X-Identity-Status: Invalid"))
    unknown(keystone.ask("echo", "X-Identity-Status: Invalid", *KEYSTONE[1:]))
    unknown(keystone.ask("echo", "X-Identity-Status: confirmed", *KEYSTONE[1:]))
    unknown(keystone.ask("echo", *KEYSTONE[1:]))
    unknown(keystone.ask("echo", "X-Identity-Status: Confirmed"))
    # One that has not proved anybody may still hand on a key.
    assert result(keystone.ask("echo", f"X-Api-Key: {keystone.key}", arguments={"value": 1})) == b"1"
    unknown(keystone.ask("echo", "X-Identity-Status: Invalid", f"X-Api-Key: {keystone.key}"))


KEYSTONE_FIELDS = [
    "X-Identity-Status", "X-User-Id", "X-User-Name", "X-User-Domain-Id", "X-User-Domain-Name", "X-Project-Id", "X-Project-Name",
    "X-Project-Domain-Id", "X-Project-Domain-Name", "X-Domain-Id", "X-Domain-Name", "X-Roles", "X-Is-Admin-Project", "OpenStack-System-Scope",
    "X-User", "X-Tenant-Id", "X-Tenant-Name", "X-Tenant", "X-Role", "X-Service-Identity-Status", "X-Service-User-Id", "X-Service-Roles",
    "X-Service-Project-Id", "X-Service-Catalog",
]  # fmt: skip


@pytest.mark.parametrize("name", KEYSTONE_FIELDS)
def test_keystones_fields_are_a_proxys_alone(keystone, name):
    for spelling in (name, name.lower(), name.upper()):
        wrong(keystone.ask("echo", f"{spelling}: x", f"X-Api-Key: {keystone.key}", source=STRANGER), name)
    wrong(keystone.ask("echo", *KEYSTONE, *[f"{name}: x"] * 2), name)


@pytest.mark.parametrize("older, newer", [("X-Tenant-Id", "X-Project-Id"), ("X-User", "X-User-Name"), ("X-Role", "X-Roles"), ("X-Tenant", "X-Project-Name")])
def test_two_names_for_one_thing_have_to_agree(keystone, older, newer):
    fields = [field for field in KEYSTONE if not field.startswith(newer + ":")]
    assert keystone.ask("echo", *fields, f"{older}: a", f"{newer}: a", arguments={"value": 1}).status == 200
    wrong(keystone.ask("echo", *fields, f"{older}: a", f"{newer}: b"), older)
    wrong(keystone.ask("echo", *fields, f"{older}: a"), older)


WRONG_SETTINGS = [
    (["auth.proxy.identity=keystone"], "auth.proxy.identity"),
    (["auth.proxy.identity=keystone", "auth.proxy.addresses=0.0.0.0/0"], "auth.proxy.addresses"),
    (["auth.proxy.identity=keystone", "auth.proxy.addresses=::/0"], "auth.proxy.addresses"),
    (["auth.proxy.addresses=10.0.0.1/8"], "auth.proxy.addresses"),
    (["auth.proxy.addresses=proxy.example"], "auth.proxy.addresses"),
    (["auth.proxy.addresses=10.0.0.1", "auth.proxy.identity=Authorization"], "auth.proxy.identity"),
    (["auth.proxy.addresses=10.0.0.1", "auth.proxy.identity=X Y"], "auth.proxy.identity"),
    (["auth.proxy.addresses=10.0.0.1", "auth.proxy.identity=keystone", "auth.proxy.roles=X-R"], "auth.proxy.roles"),
]


@pytest.mark.parametrize("values, key", WRONG_SETTINGS, ids=range(len(WRONG_SETTINGS)))
def test_settings_that_cannot_be_meant(values, key):
    done = run("config", "check", *[word for value in values for word in ("--set", value)])
    assert (done.returncode, key in done.stderr + done.stdout) == (2, True), done
