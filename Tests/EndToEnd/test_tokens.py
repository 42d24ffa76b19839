"""JSON Web Tokens: who comes in, by real HTTP, and what becomes of keys that change. Signed by another library than the gateway's."""

import base64
import json
import os
import threading
import time

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from harness import http
from harness.gateway import problem, result
from harness.waiting import until
from test_authentication import CALL, bearer, new_key, raw, run, write, x_api_key

ISSUER = "https://login.example/realms/corp"
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, "P-256", 32), "ES384": (ec.SECP384R1, "P-384", 48), "ES512": (ec.SECP521R1, "P-521", 66)}
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *CURVES, "EdDSA", "HS256", "HS384", "HS512"]


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return text(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Signer:
    """A key of an issuer."""

    def __init__(self, algorithm, kid=None, size=2048):
        self.algorithm, self.kid = algorithm, kid
        self.hash = HASHES.get(algorithm[2:])
        if algorithm[:2] in ("RS", "PS"):
            self.key = rsa.generate_private_key(65537, size)
            numbers = self.key.public_key().public_numbers()
            self.members = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        elif algorithm in CURVES:
            curve, name, width = CURVES[algorithm]
            self.key = ec.generate_private_key(curve())
            numbers = self.key.public_key().public_numbers()
            self.members = {"kty": "EC", "crv": name, "x": number(numbers.x, width), "y": number(numbers.y, width)}
        elif algorithm == "EdDSA":
            self.key = ed25519.Ed25519PrivateKey.generate()
            self.members = {"kty": "OKP", "crv": "Ed25519", "x": text(self.key.public_key().public_bytes_raw())}
        else:
            self.key = os.urandom(64)
            self.members = {"kty": "oct", "k": text(self.key)}

    @property
    def jwk(self):
        return {**self.members, "alg": self.algorithm, "use": "sig", **({"kid": self.kid} if self.kid else {})}

    def sign(self, signed):
        kind = self.algorithm[:2]
        if kind == "RS":
            return self.key.sign(signed, padding.PKCS1v15(), self.hash())
        if kind == "PS":
            return self.key.sign(signed, padding.PSS(padding.MGF1(self.hash()), self.hash.digest_size), self.hash())
        if kind == "ES":
            width = CURVES[self.algorithm][2]
            return b"".join(part.to_bytes(width, "big") for part in decode_dss_signature(self.key.sign(signed, ec.ECDSA(self.hash()))))
        if kind == "Ed":
            return self.key.sign(signed)
        code = hmac.HMAC(self.key, self.hash())
        code.update(signed)
        return code.finalize()

    def token(self, header=None, **changes):
        """A token that is right but for what is changed; a claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "gateway", "sub": "alice", "iat": now, "nbf": now, "exp": now + 600, "realm_access": {"roles": ["ops"]}}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        header = {"alg": self.algorithm, "typ": "JWT", **({"kid": self.kid} if self.kid else {}), **(header or {})}
        signed = f"{text(json.dumps(header).encode())}.{text(json.dumps(claims).encode())}"
        return f"{signed}.{text(self.sign(signed.encode()))}"


def jwks(*signers):
    return json.dumps({"keys": [signer.jwk for signer in signers]})


class Corp:
    """A gateway's issuers in a folder of their own: one with a key of each algorithm, and one with a secret."""

    def __init__(self, folder):
        self.folder, self.issuers, self.keys = folder, folder / "issuers.yaml", folder / "corp.json"
        self.signers = {name: Signer(name, kid=name) for name in ALGORITHMS}
        write(self.keys, jwks(*(signer for name, signer in self.signers.items() if name[:2] != "HS")))
        write(folder / "secret.json", jwks(*(signer for name, signer in self.signers.items() if name[:2] == "HS")))
        write(
            self.issuers,
            "- {name: corp, issuer: '" + ISSUER + "', audiences: [gateway, other-gateway], keys: corp.json, roles: /realm_access/roles}",
            "- {name: batch, issuer: batch, audiences: gateway, secret: secret.json, algorithms: [HS256, HS384, HS512]}",
        )
        self.api_key, line = new_key("corp")
        write(folder / "keys.yaml", line)

    def token(self, algorithm="ES256", header=None, **changes):
        issuer = "batch" if algorithm.startswith("HS") else ISSUER
        return self.signers[algorithm].token(header, **{"iss": issuer, **changes})


@pytest.fixture(scope="module")
def corp(tmp_path_factory):
    return Corp(tmp_path_factory.mktemp("issuers"))


@pytest.fixture(scope="module")
def guarded(module_family, corp):
    return module_family.gateway("memory://", auth_issuers=corp.issuers, auth_keys=corp.folder / "keys.yaml", log_level="info")


@pytest.fixture(scope="module")
def welcoming(module_family, corp):
    """Lets requests without a credential in."""
    return module_family.gateway("memory://", auth_issuers=corp.issuers, auth_anonymous="true")


def judge(answer, status, tokens=()):
    if status == 200:
        assert result(answer) == b"1"
        return
    members = problem(answer, status, {400: "invalid-request", 401: "unauthenticated", 431: "http-431"}[status], "gateway", "no", False)
    challenge = answer.headers["WWW-Authenticate"]
    assert (challenge is not None) == (status == 401)
    if tokens and status == 401:
        assert challenge == 'Bearer realm="rpc-gateway", error="invalid_token"'
    for token in tokens:
        assert token not in str(members)


def table(corp):
    """What the field can hold, and the status that it gets."""
    now = int(time.time())
    right, stranger = corp.token(), Signer("ES256", kid="ES256")
    signed, _, signature = right.rpartition(".")
    head, payload = signed.split(".")
    public = corp.signers["ES256"].jwk
    confused = Signer("HS256", kid="ES256")
    confused.key = json.dumps(public).encode()
    return {
        "right": ([right], 200),
        "for another audience too": ([corp.token(aud=["x", "other-gateway"])], 200),
        "of another key": ([stranger.token()], 401),
        "expired": ([corp.token(exp=now - 31)], 401),
        "expired within the leeway": ([corp.token(exp=now - 10)], 200),
        "without an end": ([corp.token(exp=None)], 401),
        "not yet valid": ([corp.token(nbf=now + 90)], 401),
        "made in the future": ([corp.token(iat=now + 90)], 401),
        "for another audience": ([corp.token(aud="other")], 401),
        "for nobody": ([corp.token(aud=None)], 401),
        "of another issuer": ([corp.token(iss="https://evil.example")], 401),
        "of an issuer with other keys": ([corp.token(iss="batch")], 401),
        "of another algorithm": ([corp.token(header={"alg": "ES384"})], 401),
        "of no algorithm": ([f"{text(json.dumps({'alg': 'none'}).encode())}.{payload}."], 401),
        "of no algorithm, signed": ([corp.token(header={"alg": "none"})], 401),
        "with the public key as the secret": ([confused.token()], 401),
        "with a key of its own": ([stranger.token(header={"jwk": stranger.jwk})], 401),
        "with an address of keys": ([stranger.token(header={"jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/"})], 401),
        "of an unknown kid": ([corp.token(header={"kid": "none of them"})], 401),
        "with an extension": ([corp.token(header={"crit": ["exp"]})], 401),
        "of another type": ([corp.token(header={"typ": "logout+jwt"})], 401),
        "without a name": ([corp.token(sub=None)], 401),
        "truncated": ([right[:-1]], 401),
        "without its signature": ([f"{signed}."], 401),
        "without its payload": ([f"{head}..{signature}"], 401),
        "with a part more": ([f"{right}.{signature}"], 401),
        "padded": ([right + "="], 401),
        "as JSON": ([json.dumps({"payload": payload, "protected": head, "signature": signature})], 401),
        "9 kB": ([corp.token(more="a" * 6_000)], 401),
        "1 MB": ([corp.token(more="a" * 1_000_000)], 431),
        "twice": ([right, right], 400),
        "two": ([right, corp.token(sub="bob")], 400),
        "none": ([], 401),
    }


NAMES = [
    "right", "for another audience too", "of another key", "expired", "expired within the leeway", "without an end", "not yet valid",
    "made in the future", "for another audience", "for nobody", "of another issuer", "of an issuer with other keys", "of another algorithm",
    "of no algorithm", "of no algorithm, signed", "with the public key as the secret", "with a key of its own", "with an address of keys",
    "of an unknown kid", "with an extension", "of another type", "without a name", "truncated", "without its signature",
    "without its payload", "with a part more", "padded", "as JSON", "9 kB", "1 MB", "twice", "two", "none",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_token(guarded, welcoming, corp, name):
    rows = table(corp)
    assert set(NAMES) == set(rows)
    tokens, status = rows[name]
    # The second time a right one is remembered, and a wrong one is as wrong as before.
    for _ in range(2):
        judge(raw(guarded, *map(bearer, tokens)), status, tokens)
        judge(raw(welcoming, *map(bearer, tokens)), 200 if name == "none" else status, tokens)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm(guarded, corp, algorithm):
    token = corp.token(algorithm)
    judge(raw(guarded, bearer(token)), 200)
    signed, _, signature = token.rpartition(".")
    wrong = "A" if signature[10] != "A" else "B"
    judge(raw(guarded, bearer(f"{signed}.{signature[:10]}{wrong}{signature[11:]}")), 401)
    others = [other for other in ALGORITHMS if other != algorithm]
    for other in others:
        judge(raw(guarded, bearer(corp.token(algorithm, header={"alg": other}))), 401)


def test_a_token_beside_a_key(guarded, corp):
    right, wrong = corp.token(sub="x"), corp.token(aud="other")
    for _ in range(2):
        judge(raw(guarded, bearer(right), x_api_key(corp.api_key)), 400)
        judge(raw(guarded, bearer(wrong), x_api_key(corp.api_key)), 401)
        judge(raw(guarded, bearer(right), x_api_key("rgw_wrong")), 401)
        judge(raw(guarded, x_api_key(right)), 401)
    judge(raw(guarded, bearer(corp.api_key)), 200)


def test_a_token_in_the_query(guarded, corp):
    answer = raw(guarded, bearer(corp.token()), path=f"{CALL}?exchange={corp.token()}")
    assert problem(answer, 400, "invalid-request")["detail"].startswith("query: a credential has no place in a URL")


def test_what_is_kept_is_its_principals_own(guarded, corp):
    alice = {"Authorization": f"Bearer {corp.token(sub='corp')}"}
    begun = guarded.post(CALL, {"value": 1}, {**alice, "Prefer": "respond-async"})
    path = begun.headers["Location"]
    again = {"Authorization": f"Bearer {corp.token(sub='corp', jti='another')}"}
    assert until(lambda: guarded.get(path, again).status == 200)
    for other in ({"X-Api-Key": corp.api_key}, {"Authorization": f"Bearer {corp.token('HS256', sub='corp')}"}):
        problem(guarded.get(path, other), 404, "http-404")


def test_rules_see_the_issuer_and_the_roles(family, corp, tmp_path):
    policy = tmp_path / "policy.yaml"
    write(policy, "- {allow: 'demo/local/echo', principals: 'corp#*', roles: ops}", "- {allow: 'demo/local/add', principals: [alice, corp]}")
    gateway = family.gateway("memory://", auth_issuers=corp.issuers, policy_file=policy)

    def status(method, token):
        return gateway.post(f"/demo/local/{method}", {"value": 1} if method == "echo" else {"a": 1, "b": 1}, {"Authorization": f"Bearer {token}"}).status

    assert status("echo", corp.token()) == 200
    assert status("echo", corp.token(realm_access={"roles": ["reader"]})) == 403
    assert status("echo", corp.token("HS256", realm_access={"roles": ["ops"]})) == 403
    # A rule for a key's name is none for a token's.
    assert status("add", corp.token(sub="alice")) == 403


def test_no_token_is_told_to_anybody(guarded, corp):
    wrong = corp.token(aud="told")
    raw(guarded, bearer(wrong))
    until(lambda: "the token is for another audience" in guarded.said())
    assert wrong.split(".")[1][:40] not in guarded.said()
    assert wrong.split(".")[2][:40] not in guarded.said()


def test_large_bodies_and_100_continue(guarded, corp):
    body = json.dumps({"value": "x" * 200_000}).encode()
    for token, status in [(corp.token(jti="large"), 200), (corp.token(aud="x"), 401)]:
        assert guarded.post(CALL, body, {"Authorization": f"Bearer {token}"}).status == status


@pytest.fixture
def changing(family, tmp_path):
    """A gateway with issuers of its own: its folder, and the signer whose key it has."""
    signer = Signer("ES256", kid="first")
    write(tmp_path / "corp.json", jwks(signer))
    write(tmp_path / "issuers.yaml", "- {name: corp, issuer: '" + ISSUER + "', audiences: gateway, keys: corp.json}")
    return family.gateway("memory://", auth_issuers=tmp_path / "issuers.yaml"), tmp_path, signer


def status(gateway, token):
    return gateway.post(CALL, {"value": 1}, {"Authorization": f"Bearer {token}"}).status


def test_keys_are_read_when_their_file_changes(changing):
    gateway, folder, first = changing
    second = Signer("EdDSA", kid="second")
    old, new = first.token(), second.token()
    assert (status(gateway, old), status(gateway, new)) == (200, 401)
    write(folder / "corp.json", jwks(first, second))
    until(lambda: status(gateway, new) == 200)
    assert status(gateway, old) == 200
    # A key that is taken out ends the tokens that it has proved, those that are remembered as well.
    write(folder / "corp.json", jwks(second))
    until(lambda: status(gateway, old) == 401)
    assert status(gateway, new) == 200


@pytest.mark.parametrize("wrong", ['{"keys": []}', "{", jwks(Signer("HS256")), jwks(Signer("RS256", size=1024))])
def test_wrong_keys_change_nothing(changing, wrong):
    gateway, folder, signer = changing
    write(folder / "corp.json", wrong)
    until(lambda: "keys and rules refused, the old ones stay" in gateway.said())
    assert "line 1: keys: the file corp.json has" in gateway.said() or "line 1: keys: the file corp.json is" in gateway.said()
    assert status(gateway, signer.token()) == 200


def test_what_is_wrong_ends_the_start(tmp_path):
    path = tmp_path / "issuers.yaml"
    write(path, "- {name: corp, issuer: x, audiences: y, keys: nothing.json}")
    for words in (["serve", "--listen", "127.0.0.1:0"], ["config", "check"]):
        done = run(*words, "--set", f"auth.issuers={path}")
        assert done.returncode == 2
        assert f"auth.issuers (file {path}): line 1: keys: the file nothing.json does not exist" in done.stderr


def test_a_flood_of_wrong_tokens_holds_up_nobody_else(guarded, corp):
    """Wrong tokens of one address keep the thread that proves them busy; a new token of another address is proved in its turn."""
    wrong = [corp.token("ES512", jti=str(count))[:-8] + "AAAAAAAA" for count in range(50)]
    judge(raw(guarded, bearer(wrong[0])), 401)
    ended = threading.Event()

    def flood(number):
        while not ended.is_set():
            for token in wrong:
                guarded.post(CALL, {"value": 1}, {"Authorization": f"Bearer {token}"}, source="127.0.0.2")

    floods = [threading.Thread(target=flood, args=(number,)) for number in range(16)]
    for each in floods:
        each.start()
    try:
        for count in range(30):
            start = time.monotonic()
            assert guarded.post(CALL, {"value": 1}, {"Authorization": f"Bearer {corp.token(jti=f'new {count}')}"}).status == 200
            assert time.monotonic() - start < 2
    finally:
        ended.set()
        for each in floods:
            each.join()
