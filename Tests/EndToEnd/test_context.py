"""Who a request is from, as a real service sees it that asks oslo.policy: by keys, tokens and a trusted proxy, and whatever clients claim."""

import json

import pytest

from harness import http
from harness.gateway import problem, result
from harness.waiting import until
from test_authentication import new_key, write
from test_tokens import Signer, jwks

RULES = """
- allow: volumes/*/*
  roles: impersonator
  rights: context
- allow: "*/*/*"
"""
FORGED = [
    {"is_admin": True},
    {"roles": ["admin", "member", "reader"]},
    {"user_id": "root", "user": "root", "project_id": "p-other", "roles": ["member"], "is_admin": True, "is_admin_project": True},
    {"is_admin": False, "is_admin ": True, "IS_ADMIN": True},
    {"request_id": "req-x", "is_admin": "true"},
    {"system_scope": "all", "roles": ["admin"]},
    {},
]


class Site:
    """A gateway with keys, tokens and rules, and a service with rules of its own behind a broker."""

    def __init__(self, family, vhost, folder, **settings):
        self.keys, lines = {}, []
        for name, options, more in (
            ("reader", ["--role", "reader"], ""),
            ("member", ["--role", "member"], ", user: u-member, project: p-1, domain: d-1"),
            ("nobody", [], ""),
            ("root", ["--role", "cloud-admin", "--role", "admin"], ", user: u-root"),
            ("front", ["--role", "impersonator", "--role", "member"], ", project: p-front"),
        ):
            self.keys[name], line = new_key(name, *options)
            lines.append(line.replace("}", more + "}"))
        write(folder / "keys.yaml", *lines)
        self.signer = Signer("ES256", "one")
        (folder / "corp.json").write_text(jwks(self.signer))
        write(
            folder / "issuers.yaml",
            '- {name: corp, issuer: "https://login.example/realms/corp", audiences: gateway, keys: corp.json, '
            "roles: /realm_access/roles, user: /uid, project: /openstack/project, domain: /openstack/domain}",
        )
        write(folder / "policy.yaml", RULES)
        files = {"auth_keys": folder / "keys.yaml", "auth_issuers": folder / "issuers.yaml", "policy_file": folder / "policy.yaml"}
        self.gateway = family.gateway(
            vhost.url(), errors_rules="oslo_policy.policy.PolicyNotAuthorized=403", log_level="info", **{**files, **settings}
        )

    def fields(self, who, **fields):
        named = {name.replace("_", "-"): value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
        credential = {"Authorization": f"Bearer {who}"} if "." in who else {"X-Api-Key": self.keys[who]} if who else {}
        return {**credential, **named}

    def ask(self, who, method, arguments=None, path="/volumes/one/", **fields):
        return self.gateway.post(path + method, arguments or {}, self.fields(who, **fields))

    def seen(self, who, method, arguments=None, **fields):
        """What the service saw; the call was allowed."""
        return json.loads(result(self.ask(who, method, arguments, **fields)))


@pytest.fixture(scope="module")
def service(module_family, vhost):
    return module_family.oslo_policy_server(vhost.url(), "volumes", "one")


@pytest.fixture(scope="module")
def site(module_family, vhost, service, tmp_path_factory):
    settings = {"auth_admin_roles": "cloud-admin", "auth_anonymous": "true"}
    return Site(module_family, vhost, tmp_path_factory.mktemp("site"), **settings)


def denied(answer):
    """The service said no: its rules did, not the gateway's."""
    members = problem(answer, 403, "remote-exception", "remote")
    assert members["exception"]["class"] == "PolicyNotAuthorized"
    return members


def refused(answer):
    return problem(answer, 403, "forbidden", "gateway", "no", False)


def test_a_key_is_its_name_and_roles(site):
    seen = site.seen("reader", "show")
    assert (seen["user_id"], seen["roles"], seen["is_admin"]) == ("reader", ["reader"], False)
    assert seen["project_id"] is seen["domain_id"] is seen["auth_token"] is seen["system_scope"] is None
    denied(site.ask("nobody", "show"))
    denied(site.ask("reader", "create", {"project_id": "p-1"}))


def test_a_key_can_have_user_project_and_domain(site):
    seen = site.seen("member", "create", {"project_id": "p-1"})
    assert (seen["user_id"], seen["project_id"], seen["domain_id"]) == ("u-member", "p-1", "d-1")
    denied(site.ask("member", "create", {"project_id": "p-2"}))
    assert site.seen("member", "delete", {"user_id": "u-member"})
    denied(site.ask("member", "delete", {"user_id": "member"}))
    assert site.seen("member", "domain", {"domain_id": "d-1"})


def test_a_token_is_its_claims(site):
    openstack = {"openstack": {"project": "p-7", "domain": "d-7"}}
    token = site.signer.token(uid="4711", realm_access={"roles": ["member", 'a "quoted" \\ röle']}, **openstack)
    # The first time it is proved, then it is remembered.
    for _ in range(2):
        seen = site.seen(token, "create", {"project_id": "p-7"})
        assert (seen["user_id"], seen["project_id"], seen["domain_id"]) == ("4711", "p-7", "d-7")
        assert seen["roles"] == ["member", 'a "quoted" \\ röle']
        denied(site.ask(token, "create", {"project_id": "p-1"}))
    # Without a claim for the user it is the principal, whom no other issuer and no key has.
    assert site.seen(site.signer.token(realm_access={"roles": ["reader"]}), "show")["user_id"] == "corp#alice"
    problem(site.ask(site.signer.token(uid=4711), "show"), 401, "unauthenticated")


def test_an_administrator_is_who_has_a_role_that_the_operator_names(site):
    seen = site.seen("root", "force")
    assert (seen["user_id"], seen["is_admin"]) == ("u-root", True)
    # `admin` is a role as others are, unless it is named.
    denied(site.ask(site.signer.token(realm_access={"roles": ["admin"]}), "force"))
    denied(site.ask("member", "force"))


def test_anonymous_ones_are_nobody(site):
    denied(site.ask("", "show"))
    denied(site.ask("", "force"))
    refused(site.ask("", "force", Rpc_Context={"is_admin": True}))


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
def test_what_is_claimed_without_the_right_is_refused(site, service, forged):
    before = len(service.calls)
    for method in ("force", "show", "system"):
        refused(site.ask("member", method, Rpc_Context=forged))
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "volumes/one/force", "params": {}}]
    (entry,) = site.gateway.post("/-/jsonrpc", batch, site.fields("member", Rpc_Context=forged)).json()
    assert entry["error"]["data"]["code"] == "forbidden"
    assert len(service.calls) == before


def test_other_ways_to_claim_change_nothing(site):
    ways = {
        "X_Is_Admin": "true", "X_Roles": "admin", "X_User_Id": "root", "X_Identity_Status": "Confirmed", "X_Project_Id": "p-2",
        "Context": '{"is_admin": true}', "X_Rpc_Context": '{"is_admin": true}', "Rpc_Contexts": "{}", "Openstack_System_Scope": "all",
    }  # fmt: skip
    plain, seen = (site.seen("member", "create", {"project_id": "p-1"}, X_Request_Id="req-1", **more) for more in ({}, ways))
    assert plain == seen
    denied(site.ask("member", "force", **ways))
    # Arguments are arguments.
    arguments = {"project_id": "p-1", "_context_is_admin": True, "_context_roles": ["admin"]}
    assert site.ask("member", "create", arguments).status >= 400
    body = b'{"project_id": "p-1\\", \\"_context_is_admin\\": true, \\"x\\": \\""}'
    denied(site.gateway.post("/volumes/one/create", body, site.fields("member")))


def test_the_right_gives_another_identity_whole(site):
    given = {"user_id": "u-9", "project_id": "p-9", "roles": ["member"]}
    seen = site.seen("front", "create", {"project_id": "p-9"}, Rpc_Context={**given, "user": "u-9"})
    assert (seen["user_id"], seen["project_id"], seen["roles"], seen["is_admin"]) == ("u-9", "p-9", ["member"], False)
    # Nothing of one's own stands beside it: no role for somebody who has none.
    denied(site.ask("front", "create", {"project_id": "p-front"}, Rpc_Context={"user": "u-9", "user_id": "u-9"}))
    denied(site.ask("front", "create", {"project_id": "p-front"}, Rpc_Context={"project_id": "p-front"}))
    # What is no identity comes in addition.
    seen = site.seen("front", "create", {"project_id": "p-front"}, Rpc_Context={"read_only": True, "request_id": "req-mine"})
    assert (seen["user_id"], seen["project_id"], seen["request_id"]) == ("front", "p-front", "req-mine")


def test_every_way_to_ask_has_the_same_context(site, service):
    fields = site.fields("member", X_Request_Id="req-ways")
    arguments = {"project_id": "p-1"}
    expected = site.seen("member", "create", arguments, X_Request_Id="req-ways")
    begun = len(service.calls)
    method = "volumes/one/create"
    entries = [{"jsonrpc": "2.0", "id": number, "method": method, "params": arguments} for number in (1, 2)]
    answers = site.gateway.post("/-/jsonrpc", [*entries, {"jsonrpc": "2.0", "method": method, "params": arguments}], fields).json()
    assert [answer["result"] for answer in answers] == [expected, expected]
    (reply,) = site.gateway.post("/volumes/*/create:gather?min=1", arguments, fields).json()
    assert reply["result"] == expected
    assert site.gateway.post("/volumes/one/create:cast", arguments, fields).status == 202
    assert site.gateway.post("/volumes/*/create:cast", arguments, fields).status == 202
    begin = site.gateway.post("/volumes/create", arguments, {**fields, "Prefer": "respond-async", "Idempotency-Key": '"once"'})
    assert begin.status == 202
    path = begin.headers["Location"]
    until(lambda: site.gateway.get(path, fields).status == 200)
    assert site.gateway.get(path, fields).json() == expected
    until(lambda: len(service.calls) == begun + 7)
    for call in service.calls[begun:]:
        assert call["seen"] == expected
        assert call["allowed"]


def test_a_notification_has_it_too(site, vhost, module_family):
    with vhost.channel() as channel:
        channel.exchange_declare("openstack", "topic")
        channel.queue_declare("told.info")
        channel.queue_bind("told.info", "openstack", "told.info")
        assert site.gateway.post("/-/notifications/told/a.b", {"x": 1}, site.fields("member")).status == 202
        body = until(lambda: channel.basic_get("told.info", auto_ack=True)[2])
    message = json.loads(body)
    message = json.loads(message["oslo.message"]) if "oslo.message" in message else message
    context = {key: message[f"_context_{key}"] for key in ("user", "user_id", "project_id", "domain", "roles", "is_admin")}
    assert context == {"user": "u-member", "user_id": "u-member", "project_id": "p-1", "domain": "d-1", "roles": ["member"], "is_admin": False}


def test_without_rules_nobody_is_somebody_else(family, vhost, service, tmp_path):
    site = Site(family, vhost, tmp_path, policy_file="none")
    assert site.seen("member", "create", {"project_id": "p-1"})["user_id"] == "u-member"
    for forged in FORGED:
        assert "policy.file" in refused(site.ask("front", "force", Rpc_Context=forged))["detail"]


def test_it_can_be_switched_off(family, vhost, service, tmp_path):
    site = Site(family, vhost, tmp_path, policy_file="none", auth_context="none")
    denied(site.ask("member", "create", {"project_id": "p-1"}))
    assert site.seen("member", "force", Rpc_Context={"is_admin": True})["user_id"] is None


KEYSTONE = {
    "X-Identity-Status": "Confirmed", "X-User-Id": "u-k", "X-User-Name": "käthe", "X-User-Domain-Id": "d-k", "X-User-Domain-Name": "people",
    "X-Project-Id": "p-k", "X-Project-Name": "demo", "X-Project-Domain-Id": "d-p", "X-Project-Domain-Name": "projects",
    "X-Roles": "member,reader", "X-Is-Admin-Project": "False", "X-Tenant-Id": "p-k", "X-Tenant-Name": "demo", "X-Tenant": "demo",
    "X-User": "käthe", "X-Role": "member,reader", "X-Service-Catalog": "[]",
}  # fmt: skip


def test_what_keystonemiddleware_says(family, vhost, service, tmp_path):
    site = Site(family, vhost, tmp_path, auth_proxy_addresses="127.0.0.2", auth_proxy_identity="keystone", auth_admin_roles="cloud-admin")

    def ask(method, fields, arguments=None, source="127.0.0.2"):
        fields = {"Content-Type": "application/json", **{name: value.encode() for name, value in fields.items()}}
        return http.request(site.gateway.port, "POST", f"/volumes/one/{method}", json.dumps(arguments or {}).encode(), fields, source=source)

    seen = json.loads(result(ask("create", KEYSTONE, {"project_id": "p-k"})))
    told = {
        "user_id": "u-k", "user_name": "käthe", "user_domain_id": "d-k", "user_domain_name": "people", "project_id": "p-k",
        "project_name": "demo", "project_domain_id": "d-p", "project_domain_name": "projects", "roles": ["member", "reader"],
        "is_admin": False, "is_admin_project": False, "domain_id": None, "domain_name": None, "system_scope": None, "auth_token": None,
    }  # fmt: skip
    assert {name: seen[name] for name in told} == told
    denied(ask("create", KEYSTONE, {"project_id": "p-1"}))
    denied(ask("system", KEYSTONE))
    scoped = {**KEYSTONE, "X-Roles": "admin", "X-Role": "admin", "OpenStack-System-Scope": "all"}
    assert json.loads(result(ask("system", scoped)))["system_scope"] == "all"
    denied(ask("force", scoped))
    both = {**KEYSTONE, "X-Roles": "cloud-admin", "X-Role": "cloud-admin"}
    assert json.loads(result(ask("force", both)))["is_admin"] is True
    refused(ask("force", {**KEYSTONE, "Rpc-Context": '{"is_admin": true}'}))
