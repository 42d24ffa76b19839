"""Every kind of credential in every state that it can be in, by real HTTP over TLS: the status of each."""

import itertools
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from harness import http
from harness.certificates import DAY, Authority, dns
from harness.gateway import problem
from test_authentication import made, new_key, write
from test_http_tls import is_refused
from test_tokens import ISSUER, Signer, jwks, text

REFUSED = "no handshake"
PROXY, STRANGER = "127.0.0.2", "127.0.0.1"
KINDS = ("key", "token", "certificate", "proxy")
# What each state is answered with, for a key, a token, a client certificate and the word of a trusted proxy.
STATES = {
    "right": (200, 200, 200, 200),
    "wrong": (401, 401, REFUSED, 400),
    "expired": (401, 401, REFUSED, None),
    "not yet valid": (None, 401, REFUSED, None),
    "revoked": (401, 401, REFUSED, None),
    "wrong audience": (None, 401, REFUSED, None),
    "wrong issuer": (None, 401, REFUSED, None),
    "other algorithm": (None, 401, None, None),
    "truncated": (401, 401, None, 401),
    "1 MB long": (431, 431, None, 431),
    "twice": (400, 400, None, 400),
    "two principals": (400, 400, 400, 400),
    "none": (401, 401, 401, 401),
}
CASES = [(kind, state) for state, kind in itertools.product(STATES, KINDS) if STATES[state][KINDS.index(kind)] is not None]


class Corp:
    """A gateway that takes credentials of all kinds, and who has them."""

    def __init__(self, family, folder):
        self.server, self.clients = Authority(folder, "server authority"), Authority(folder, "client authority")
        self.key, line = new_key("alice")
        self.other_key, other = new_key("bob")
        self.old_key, old = new_key("alice")
        self.revoked_key, _ = new_key("alice")
        write(folder / "keys.yaml", line, other, old.replace("}", ", expires: 2020-01-01}"))
        self.signer, self.former = Signer("ES256", kid="1"), Signer("ES256", kid="2")
        write(folder / "corp.json", jwks(self.signer))
        write(folder / "issuers.yaml", f"- {{name: corp, issuer: '{ISSUER}', audiences: gateway, keys: corp.json}}")
        self.revoked = self.client("revoked")
        (folder / "list.pem").write_bytes(self.clients.revocations(self.revoked))
        certificate = self.server.server()
        self.gateway = family.gateway(
            "memory://",
            tls=self.server.context(),
            http_tls_certificate=certificate.path,
            http_tls_key=certificate.key_path,
            http_tls_client_authority=self.clients.path,
            http_tls_client_certificate="optional",
            http_tls_revoked=folder / "list.pem",
            auth_keys=folder / "keys.yaml",
            auth_issuers=folder / "issuers.yaml",
            auth_proxy_addresses=PROXY,
            auth_proxy_identity="X-Remote-User",
        )
        self.folder = folder

    def client(self, file, authority=None, **more):
        return (authority or self.clients).client(file, dns("alice.example"), common_name="Alice", **more)

    def ask(self, *fields, client=None, source=STRANGER):
        """The status of a call with these fields."""
        body = json.dumps({"value": 1}).encode()
        head = ["POST /demo/local/echo HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        data = "\r\n".join([*head, "Connection: close", *fields, "", ""]).encode() + body
        answers, _ = http.exchange(self.gateway.port, data, source=source, tls=self.server.context(client))
        if answers[0].status != 200:
            problem(answers[0], answers[0].status, answers[0].code, executed="no")
        return answers[0].status


@pytest.fixture(scope="module")
def corp(module_family, tmp_path_factory):
    return Corp(module_family, tmp_path_factory.mktemp("corp"))


def bearer(credential):
    return f"Authorization: Bearer {credential}"


def key(corp, state):
    right = bearer(corp.key)
    return corp.ask(*{
        "right": [right],
        "wrong": [bearer(made("nobody"))],
        "expired": [bearer(corp.old_key)],
        "revoked": [bearer(corp.revoked_key)],
        "truncated": [right[:-1]],
        "1 MB long": [right + "a" * (1 << 20)],
        "twice": [right, right],
        "two principals": [right, f"X-Api-Key: {corp.other_key}"],
        "none": [],
    }[state])


def confused(corp):
    """A token of HS256 whose secret is the public key."""
    public = corp.signer.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signer = Signer("HS256", kid="1")
    signer.key = public
    return signer.token()


def token(corp, state):
    signer = corp.signer
    right = signer.token()
    now = 1 << 33
    if state == "other algorithm":
        header = text(json.dumps({"alg": "none"}).encode())
        statuses = {corp.ask(bearer(confused(corp))), corp.ask(bearer(f"{header}.{right.split('.')[1]}."))}
        assert len(statuses) == 1
        return statuses.pop()
    return corp.ask(*{
        "right": lambda: [bearer(right)],
        "wrong": lambda: [bearer(Signer("ES256", kid="1").token())],
        "expired": lambda: [bearer(signer.token(exp=1_600_000_000))],
        "not yet valid": lambda: [bearer(signer.token(nbf=now, exp=now + 600))],
        # Its key is in the issuer's set no more.
        "revoked": lambda: [bearer(corp.former.token())],
        "wrong audience": lambda: [bearer(signer.token(aud="another"))],
        "wrong issuer": lambda: [bearer(signer.token(iss="https://another.example"))],
        "truncated": lambda: [bearer(right[:-1])],
        "1 MB long": lambda: [bearer(signer.token(more="a" * (1 << 20)))],
        "twice": lambda: [bearer(right), bearer(right)],
        "two principals": lambda: [bearer(right), f"X-Api-Key: {corp.key}"],
        "none": lambda: [],
    }[state]())


def certificate(corp, state):
    make = {
        "right": lambda: corp.client("right"),
        # Of an authority that has the name of the right one.
        "wrong": lambda: corp.client("wrong", Authority(corp.folder / "impostor", "client authority")),
        "expired": lambda: corp.client("expired", begins=-9 * DAY, ends=-DAY),
        "not yet valid": lambda: corp.client("early", begins=DAY),
        "revoked": lambda: corp.revoked,
        # For servers.
        "wrong audience": lambda: corp.client("server-only", purpose=ExtendedKeyUsageOID.SERVER_AUTH),
        "wrong issuer": lambda: corp.client("stranger", Authority(corp.folder, "strangers")),
        "two principals": lambda: corp.client("beside"),
        "none": lambda: None,
    }
    (corp.folder / "impostor").mkdir(exist_ok=True)
    client = make[state]()
    if is_refused(corp.gateway, corp.server.context(client)):
        return REFUSED
    return corp.ask(*([bearer(corp.key)] if state == "two principals" else []), client=client)


def proxy(corp, state):
    if state == "wrong":
        return corp.ask("X-Remote-User: alice", source=STRANGER)
    return corp.ask(*{
        "right": ["X-Remote-User: alice"],
        "truncated": ["X-Remote-User:"],
        "1 MB long": ["X-Remote-User: " + "a" * (1 << 20)],
        "twice": ["X-Remote-User: alice", "X-Remote-User: alice"],
        "two principals": ["X-Remote-User: alice", bearer(corp.key)],
        "none": [],
    }[state], source=PROXY)


ASKING = {"key": key, "token": token, "certificate": certificate, "proxy": proxy}


@pytest.mark.parametrize("kind, state", CASES)
def test_the_status_of_each(corp, kind, state):
    assert ASKING[kind](corp, state) == STATES[state][KINDS.index(kind)]
    # Nobody else is touched by it.
    assert corp.ask(bearer(corp.key)) == 200
