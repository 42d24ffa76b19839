"""A trusted proxy that shows a certificate: it is believed wherever it is, and nobody else is, whatever they show."""

import datetime
import json
import time

import pytest

from harness import http
from harness.certificates import dns, uri
from harness.gateway import problem, result
from test_authentication import new_key, run, write
from test_proxy import RULES

ECHO = ("echo", {"value": 1})


class Site:
    def __init__(self, family, folder, authority, clients, **settings):
        self.authority = authority
        self.key, line = new_key("ops")
        write(folder / "keys.yaml", line)
        write(folder / "policy.yaml", RULES + '- {allow: "demo/local/fail", principals: "cert#*"}\n')
        server = authority.server()
        self.gateway = family.gateway(
            "memory://",
            tls=authority.context(),
            log_level="info",
            http_tls_certificate=server.path,
            http_tls_key=server.key_path,
            http_tls_client_authority=clients.path,
            http_tls_client_certificate="optional",
            auth_keys=folder / "keys.yaml",
            policy_file=folder / "policy.yaml",
            **{"auth_proxy_certificates": "dns:proxy.example,uri:spiffe://example.org/proxy", "auth_proxy_identity": "X-Remote-User", **settings},
        )

    def ask(self, client, method, arguments, *fields):
        """A call by whoever shows a certificate, or none, with fields as they are."""
        body = json.dumps(arguments).encode()
        head = [f"POST /demo/local/{method} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        data = "\r\n".join([*head, "Connection: close", *fields, "", ""]).encode() + body
        answers, _ = http.exchange(self.gateway.port, data, tls=self.authority.context(client))
        return answers[0]


@pytest.fixture(scope="module")
def site(module_family, tmp_path_factory, authority, clients):
    return Site(module_family, tmp_path_factory.mktemp("site"), authority, clients)


@pytest.fixture(scope="module")
def proxy(clients):
    return clients.client("proxy", dns("other.example"), dns("proxy.example"), common_name="proxy")


def unknown(answer):
    problem(answer, 401, "unauthenticated", "gateway", "no", False)


def test_it_names_who_a_request_is_from(site, proxy, clients):
    spiffe = clients.client("spiffe-proxy", uri("spiffe://example.org/proxy"))
    for shown in (proxy, spiffe):
        assert result(site.ask(shown, *ECHO, "X-Remote-User: alice")) == b"1"
        problem(site.ask(shown, *ECHO, "X-Remote-User: bob"), 403, "forbidden")


def test_its_own_certificate_is_nobodys(site, proxy):
    """What it hands on without a word of its own is from whoever the request says, or from nobody."""
    unknown(site.ask(proxy, *ECHO))
    unknown(site.ask(proxy, "fail", {"kind": "not_found"}))
    assert result(site.ask(proxy, *ECHO, f"X-Api-Key: {site.key}")) == b"1"
    unknown(site.ask(proxy, *ECHO, "X-Api-Key: rgw_wrong"))
    problem(site.ask(proxy, *ECHO, f"X-Api-Key: {site.key}", "X-Remote-User: alice"), 400, "invalid-request")
    problem(site.ask(proxy, *ECHO, "X-Remote-User: alice", "X-Remote-User: alice"), 400, "invalid-request")


NOT_THE_PROXY = {
    "none": None,
    "another name": lambda clients: clients.client("another", dns("alice.example")),
    "the name as another kind": lambda clients: clients.client("by-cn", common_name="proxy.example"),
    "a longer name": lambda clients: clients.client("longer", dns("proxy.example.org")),
    "a shorter name": lambda clients: clients.client("shorter", dns("proxy.exampl")),
    "other letters": lambda clients: clients.client("upper", dns("PROXY.example")),
    "any name": lambda clients: clients.client("any", dns("*.example")),
    "a NUL": lambda clients: clients.client("nul", dns("proxy.example\0.evil")),
}


@pytest.mark.parametrize("who", NOT_THE_PROXY)
def test_nobody_else_does(site, clients, who):
    shown = NOT_THE_PROXY[who] and NOT_THE_PROXY[who](clients)
    for more in ([], [f"X-Api-Key: {site.key}"], ["X-Forwarded-For: 192.0.2.9"]):
        members = problem(site.ask(shown, *ECHO, "X-Remote-User: alice", *more), 400, "invalid-request", "gateway", "no", False)
        assert members["detail"].startswith("X-Remote-User: ") and "auth.proxy.certificates" in members["detail"]
    # Nor is what they say of the address believed, and their own certificate says who they are.
    assert site.ask(None, "count", {}, f"X-Api-Key: {site.key}", "X-Forwarded-For: 192.0.2.9").status == 403
    if shown and who != "any name":
        assert site.ask(shown, "fail", {"kind": "not_found"}).status in (401, 404, 500)


def test_it_says_where_a_request_came_from(site, proxy):
    for forwarded, status in (("192.0.2.9", 200), ("203.0.113.7, 192.0.2.9", 200), ("192.0.2.9, 203.0.113.7", 403), ("garbage", 400)):
        assert site.ask(proxy, "count", {}, "X-Remote-User: bob", f"X-Forwarded-For: {forwarded}").status == status


def test_a_certificate_that_has_ended_is_believed_no_longer(site, clients):
    """On a connection from when it was good."""
    soon = clients.client("soon", dns("proxy.example"), ends=datetime.timedelta(seconds=3))
    connection = http.connect(site.gateway.port, tls=site.authority.context(soon))

    def ask():
        connection.request("POST", "/demo/local/echo", b'{"value": 1}', {"Content-Type": "application/json", "X-Remote-User": "alice"})
        answer = connection.getresponse()
        return http.Answer(answer.status, answer.headers, answer.read())

    assert ask().status == 200
    time.sleep(max(0, soon.certificate.not_valid_after_utc.timestamp() + 0.1 - time.time()))
    problem(ask(), 400, "invalid-request")


def test_certificates_beside_addresses(family, tmp_path, authority, clients, proxy):
    """One of the two is enough; with certificates that say nothing of principals as well."""
    site = Site(family, tmp_path, authority, clients, auth_proxy_addresses="10.0.0.1", auth_certificates="none")
    assert result(site.ask(proxy, *ECHO, "X-Remote-User: alice")) == b"1"
    problem(site.ask(None, *ECHO, "X-Remote-User: alice"), 400, "invalid-request")
    site = Site(family, tmp_path, authority, clients, auth_proxy_addresses="127.0.0.1")
    assert result(site.ask(None, *ECHO, "X-Remote-User: alice")) == b"1"
    # There the certificate is a client's, of another principal than the proxy's word.
    problem(site.ask(clients.client("carol", dns("carol")), *ECHO, "X-Remote-User: alice"), 400, "invalid-request")


@pytest.mark.parametrize(
    "values, key",
    [
        (["auth.proxy.certificates=proxy.example"], "auth.proxy.certificates"),
        (["auth.proxy.certificates=dns:"], "auth.proxy.certificates"),
        (["auth.proxy.certificates=auto:proxy"], "auth.proxy.certificates"),
        (["auth.proxy.certificates=dns:a b"], "auth.proxy.certificates"),
        (["auth.proxy.certificates=dns:proxy.example"], "http.tls.clientAuthority"),
        (["auth.proxy.identity=keystone"], "auth.proxy.certificates"),
    ],
)
def test_settings_that_cannot_be_meant(values, key):
    done = run("config", "check", *[word for value in values for word in ("--set", value)])
    assert (done.returncode, key in done.stderr + done.stdout) == (2, True), done
