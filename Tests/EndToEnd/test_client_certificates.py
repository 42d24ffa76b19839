"""Mutual TLS: who is let in by a certificate, and who that is."""

import re
import signal
import ssl
import subprocess

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from harness import http as raw
from harness import places
from harness.certificates import DAY, Authority, dns, email, replace, uri
from harness.gateway import problem, result
from harness.process import inherited
from harness.waiting import until
from test_authentication import new_key, write
from test_http_tls import ECHO, is_refused, shake_hands, start

ALICE = "spiffe://example.org/ns/prod/sa/alice"
BOTH = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def alice(clients):
    return clients.client("alice", uri(ALICE), dns("alice.example"), common_name="Alice")


def serve(family, authority, clients, client=None, **settings):
    server = authority.server(settings.pop("file", "server"))
    return family.gateway(
        "memory://",
        tls=authority.context(client),
        http_tls_certificate=server.path,
        http_tls_key=server.key_path,
        http_tls_client_authority=settings.pop("http_tls_client_authority", clients.path),
        log_level="info",
        **settings,
    )


@pytest.fixture(scope="module")
def gateway(module_family, authority, clients, alice, tmp_path_factory):
    """Tells who is who: everybody may ask the demo service for one thing, and is told the name when it is another."""
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    write(
        policy,
        f'- {{allow: "demo/local/add", principals: ["cert#uri:{ALICE}"]}}',
        '- {allow: "demo/local/echo", principals: ["cert#dns:*", "cert#email:*", "cert#cn:*"]}',
        '- {allow: "-/-/metrics", modes: admin}',
    )
    return serve(module_family, authority, clients, alice, policy_file=policy, policy_audit="all")


@pytest.mark.parametrize("version", BOTH)
def test_a_spiffe_id_is_a_principal(gateway, authority, alice, version):
    tls = authority.context(alice, least=version, most=version)
    assert result(gateway.post("/demo/local/add", {"a": 1, "b": 2}, tls=tls)) == b"3"
    problem(gateway.post(ECHO, {"value": 1}, tls=tls), 403, "forbidden")
    assert any(f"cert#uri:{ALICE}" in line for line in gateway.errors)


@pytest.mark.parametrize(
    "names, common_name, name",
    [
        ([dns("b.example"), email("b@example.org")], "Bob", "dns:b.example"),
        ([email("b@example.org")], "Bob", "email:b@example.org"),
        ([], "bob", "cn:bob"),
    ],
)
def test_other_names(gateway, authority, clients, names, common_name, name):
    client = clients.client(name.replace(":", "-"), *names, common_name=common_name)
    assert gateway.post(ECHO, {"value": 1}, tls=authority.context(client)).status == 200
    problem(gateway.post("/demo/local/add", {"a": 1, "b": 2}, tls=authority.context(client)), 403, "forbidden")
    until(lambda: any(f"cert#{name}" in line for line in gateway.errors), 5)


@pytest.mark.parametrize(
    "names, common_name",
    [([], "Bob Dylan"), ([], 'b"b'), ([], None), ([uri(ALICE), uri("spiffe://example.org/other")], "alice")],
)
def test_certificates_without_a_usable_name(gateway, authority, clients, names, common_name):
    client = clients.client(f"nameless-{len(names)}-{len(common_name or '')}", *names, common_name=common_name)
    problem(gateway.post(ECHO, {"value": 1}, tls=authority.context(client)), 401, "unauthenticated")
    assert gateway.get("/livez", tls=authority.context(client)).status == 200


@pytest.mark.parametrize("version", BOTH)
def test_who_is_refused(gateway, authority, clients, alice, tmp_path, version):
    # An authority that has the name of the right one, and one that has not.
    impostor = Authority(tmp_path, "client authority").client("impostor", uri(ALICE))
    stranger = Authority(tmp_path, "strangers").client("stranger", uri(ALICE))
    expired = clients.client("expired", uri(ALICE), begins=-9 * DAY, ends=-DAY)
    early = clients.client("early", uri(ALICE), begins=DAY)
    server = clients.issue("server-only", [uri(ALICE)], purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    context = lambda client: authority.context(client, least=version, most=version)
    for client, word in ((None, ""), (impostor, "bad certificate"), (stranger, "unknown ca"), (expired, "expired"), (early, "expired"), (server, "bad certificate")):
        said = is_refused(gateway, context(client))
        assert said, client
        assert word.replace(" ", "_") in str(said).lower().replace(" ", "_"), said
    assert not is_refused(gateway, context(alice))
    assert "\nhttp_server_tls_handshakes_failed_total " in gateway.get("/metrics", tls=authority.context(clients.client("m", dns("m")))).body.decode()


def test_a_credential_of_somebody_else_is_ambiguous(family, authority, clients, alice, tmp_path):
    key, line = new_key("ci")
    write(tmp_path / "keys.yaml", line)
    gateway = serve(family, authority, clients, alice, auth_keys=tmp_path / "keys.yaml", http_tls_client_certificate="optional")
    assert gateway.post(ECHO, {"value": 1}).status == 200
    for fields in ({"Authorization": f"Bearer {key}"}, {"X-Api-Key": key}, {"X-Api-Key": "wrong"}):
        problem(gateway.post(ECHO, {"value": 1}, fields), 400, "invalid-request")
    # Without a certificate the key counts, and nobody is let in without either.
    bare = authority.context()
    assert gateway.post(ECHO, {"value": 1}, {"X-Api-Key": key}, tls=bare).status == 200
    problem(gateway.post(ECHO, {"value": 1}, tls=bare), 401, "unauthenticated")
    assert is_refused(gateway, authority.context(clients.client("late", uri(ALICE), begins=-9 * DAY, ends=-DAY)))


def test_certificates_may_say_nothing_of_who_comes(family, authority, clients, alice, tmp_path):
    key, line = new_key("ci")
    write(tmp_path / "keys.yaml", line)
    gateway = serve(family, authority, clients, alice, auth_keys=tmp_path / "keys.yaml", auth_certificates="none")
    assert gateway.post(ECHO, {"value": 1}, {"X-Api-Key": key}).status == 200
    problem(gateway.post(ECHO, {"value": 1}), 401, "unauthenticated")
    assert is_refused(gateway, authority.context())


@pytest.mark.parametrize("version", BOTH)
def test_revoked_certificates(family, authority, clients, alice, tmp_path, version):
    bob = clients.client("bob", dns("bob.example"))
    revoked = tmp_path / "revoked.pem"
    revoked.write_bytes(clients.revocations())
    gateway = serve(family, authority, clients, alice, http_tls_revoked=revoked)
    contexts = [authority.context(client, least=version, most=version) for client in (alice, bob)]
    kept = [raw.connect(gateway.port, tls=context) for context in contexts]

    def ask(connection):
        connection.request("POST", ECHO, b'{"value": 1}', {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return raw.Answer(answer.status, answer.headers, answer.read())

    assert [ask(one).status for one in kept] == [200, 200]
    replace(revoked, clients.revocations(bob))
    until(lambda: any("certificates reloaded" in line for line in gateway.errors), 10)
    # The connection that is there is closed at its next request, and a new one refused.
    problem(ask(kept[1]), 403, "forbidden")
    assert ask(kept[0]).status == 200
    assert "revoked" in str(is_refused(gateway, contexts[1])).lower()
    assert not is_refused(gateway, contexts[0])
    # A list of another authority, and one that has ended, are refused.
    for content, reason in ((Authority(tmp_path, "nobody").revocations(), "has signed"), (clients.revocations(ends=-DAY), "ended on")):
        replace(revoked, content)
        until(lambda: any("certificates refused" in line and reason in line for line in gateway.errors), 10)
    assert ask(kept[0]).status == 200


@pytest.mark.parametrize("version", BOTH)
def test_a_stream_is_cut_off_with_its_certificate(family, authority, clients, alice, tmp_path, version):
    revoked = tmp_path / "revoked.pem"
    revoked.write_bytes(clients.revocations())
    gateway = serve(family, authority, clients, alice, http_tls_revoked=revoked, notifications_heartbeat_ms=200)
    bob = clients.client("bob", dns("bob.example"))
    streams = [
        shake_hands(gateway, authority.context(client, least=version, most=version)) for client in (bob, alice)
    ]

    def beats(stream):
        received = b""
        while b"heartbeat" not in received:
            piece = stream.recv(65536)
            assert piece, "the stream has ended"
            received += piece

    def is_cut(stream):
        try:
            return not stream.recv(65536)
        except OSError:
            return True

    for stream in streams:
        stream.sendall(b"GET /-/notifications/news HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        assert b" 200 " in stream.recv(65536)
    # The list is of others still; then it is not.
    replace(revoked, clients.revocations(clients.client("carol", dns("carol.example"))))
    until(lambda: any("certificates reloaded" in line for line in gateway.errors), 10)
    for stream in streams:
        beats(stream)
    replace(revoked, clients.revocations(bob))
    until(lambda: sum("certificates reloaded" in line for line in gateway.errors) == 2, 10)
    until(lambda: is_cut(streams[0]), 5)
    until(lambda: "\nnotifications_listeners 1" in gateway.get("/metrics").body.decode(), 10)
    for _ in range(3):
        beats(streams[1])
    for stream in streams:
        stream.close()


def test_an_authority_is_changed_while_it_serves(family, authority, clients, alice, tmp_path):
    others = Authority(tmp_path, "other clients")
    eve = others.client("eve", dns("eve.example"))
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(clients.path.read_bytes())
    server = authority.server("changing")
    gateway = family.gateway(
        "memory://",
        tls=authority.context(alice),
        http_tls_certificate=server.path,
        http_tls_key=server.key_path,
        http_tls_client_authority=trusted,
    )
    kept = raw.connect(gateway.port, tls=gateway.tls)
    kept.request("GET", "/livez")
    assert kept.getresponse().read() is not None
    assert is_refused(gateway, authority.context(eve))
    replace(trusted, others.path.read_bytes() + clients.path.read_bytes())
    until(lambda: not is_refused(gateway, authority.context(eve)), 10)
    kept.request("GET", "/livez")
    assert kept.getresponse().status == 200
    replace(trusted, others.path.read_bytes())
    until(lambda: is_refused(gateway, authority.context(alice)), 10)
    assert not is_refused(gateway, authority.context(eve))


def test_wrong_files_are_refused_by_name(authority, clients, tmp_path):
    server = authority.server("named")
    base = [("http_tls_certificate", server.path), ("http_tls_key", server.key_path)]
    expired = Authority(tmp_path, "expired authority", begins=-9 * DAY, ends=-DAY)
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense\n")
    foreign = tmp_path / "foreign.pem"
    foreign.write_bytes(Authority(tmp_path, "foreign").revocations())
    for more, setting, reason in (
        ([("http_tls_client_authority", nonsense)], "http.tls.clientAuthority", "no certificates"),
        ([("http_tls_client_authority", expired.path)], "http.tls.clientAuthority", "ended on"),
        ([("http_tls_client_authority", clients.path), ("http_tls_revoked", nonsense)], "http.tls.revoked", "no list"),
        ([("http_tls_client_authority", clients.path), ("http_tls_revoked", foreign)], "http.tls.revoked", "has signed"),
        ([("http_tls_revoked", foreign)], "http.tls.revoked", "http.tls.clientAuthority"),
    ):
        code, said = start(*base, *more)
        assert code == 2 and setting in said and reason in said, said


def test_every_wrong_file_is_named(family, authority, clients, alice, tmp_path):
    """Several at once, each by its setting, its path and what is wrong: at the start, by the check, and at a reload."""
    server, other = authority.server("of-several"), authority.server("other-of-several")
    expired = authority.server("expired-of-several", begins=-9 * DAY, ends=-DAY)
    trusted, revoked, missing = tmp_path / "trusted.pem", tmp_path / "revoked.pem", tmp_path / "missing.key"
    trusted.write_bytes(Authority(tmp_path, "expired authority", begins=-9 * DAY, ends=-DAY).path.read_bytes())
    revoked.write_text("nonsense\n")
    settings = [
        ("http_tls_certificate", f"{server.path},{expired.path},{other.path}"),
        ("http_tls_key", f"{other.key_path},{revoked},{missing}"),
        ("http_tls_client_authority", trusted),
        ("http_tls_revoked", revoked),
    ]
    wrong = [
        ("http.tls.key", other.key_path, "is not the key of the certificate"),
        ("http.tls.certificate", expired.path, "ended on"),
        ("http.tls.key", revoked, "no private key"),
        ("http.tls.key", missing, "does not exist"),
        ("http.tls.clientAuthority", trusted, "ended on"),
        ("http.tls.revoked", revoked, "no list"),
    ]
    check = inherited() | {f"RPC_GATEWAY_{name.upper()}": str(value) for name, value in settings}
    done = subprocess.run([places.executable(), "config", "check"], env=check, capture_output=True, text=True, timeout=20)
    for code, said in (start(*settings), (done.returncode, done.stderr)):
        assert code == 2
        for setting, path, reason in wrong:
            assert re.search(f"{re.escape(setting)}[^\n]*{re.escape(str(path))}[^\n]*{reason}", said), (setting, path, said)
        assert said.count("http.tls.") == len(wrong), said
    good = tmp_path / "good.pem"
    good.write_bytes(clients.path.read_bytes())
    lists = tmp_path / "lists.pem"
    lists.write_bytes(clients.revocations())
    gateway = serve(family, authority, clients, alice, http_tls_client_authority=good, http_tls_revoked=lists)
    replace(lists, b"nonsense")
    replace(good, trusted.read_bytes())
    until(lambda: any("certificates refused" in line and str(good) in line and str(lists) in line for line in gateway.errors), 10)
    assert gateway.get("/livez").status == 200


def test_tls_is_turned_on_by_a_restart(family, authority, tmp_path):
    server, file = authority.server("later"), tmp_path / "gateway.yaml"
    file.write_text("log:\n  level: notice\n")
    gateway = family.gateway("memory://", "--config", file)
    file.write_text(f"http:\n  tls.certificate: {server.path}\n  tls.key: {server.key_path}\n")
    gateway.signal(signal.SIGHUP)
    until(lambda: any("configuration refused" in line and "restart" in line for line in gateway.errors), 10)
    assert gateway.get("/livez").status == 200
