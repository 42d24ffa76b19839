// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Foundation
import Names

@testable import Access

/// Base64 for URLs as issuers write it.
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

func base64URL(_ text: String) -> String { base64URL(text.utf8) }

/// A key of an issuer of the tests.
struct TestSigner: Sendable, CustomStringConvertible {
    let algorithm: String
    /// The members of its public part, or of the secret.
    let members: String
    let sign: @Sendable (_ text: [UInt8]) throws -> Data

    var description: String { algorithm }

    /// The key in a set.
    func key(_ id: String? = nil, more: String = "") -> String {
        "{" + [members, id.map { "\"kid\":\"\($0)\"" } ?? "", more].filter { !$0.isEmpty }.joined(separator: ",") + "}"
    }

    /// A token whose header is written out.
    func token(header: String, _ claims: String) throws -> String {
        let signed = "\(base64URL(header)).\(base64URL(claims))"
        return "\(signed).\(base64URL(try sign(Array(signed.utf8))))"
    }

    func token(_ claims: String = TestClaims().text, kid: String? = nil) throws -> String {
        try token(header: "{\"alg\":\"\(algorithm)\"\(kid.map { ",\"kid\":\"\($0)\"" } ?? "")}", claims)
    }

    static func es256(_ key: P256.Signing.PrivateKey = P256.Signing.PrivateKey()) -> TestSigner {
        let point = key.publicKey.rawRepresentation
        return TestSigner(algorithm: "ES256", members: curve("P-256", point)) {
            try key.signature(for: SHA256.hash(data: $0)).rawRepresentation
        }
    }

    private static func curve(_ name: String, _ point: Data) -> String {
        let (x, y) = (point.prefix(point.count / 2), point.suffix(point.count / 2))
        return "\"kty\":\"EC\",\"crv\":\"\(name)\",\"x\":\"\(base64URL(x))\",\"y\":\"\(base64URL(y))\""
    }

    static let es384: TestSigner = {
        let key = P384.Signing.PrivateKey()
        return TestSigner(algorithm: "ES384", members: curve("P-384", key.publicKey.rawRepresentation)) {
            try key.signature(for: SHA384.hash(data: $0)).rawRepresentation
        }
    }()

    static let es512: TestSigner = {
        let key = P521.Signing.PrivateKey()
        return TestSigner(algorithm: "ES512", members: curve("P-521", key.publicKey.rawRepresentation)) {
            try key.signature(for: SHA512.hash(data: $0)).rawRepresentation
        }
    }()

    static let edDSA: TestSigner = {
        let key = Curve25519.Signing.PrivateKey()
        let members = "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(base64URL(key.publicKey.rawRepresentation))\""
        return TestSigner(algorithm: "EdDSA", members: members) { try key.signature(for: $0) }
    }()

    /// The one key of all algorithms of RSA; nil only where there is no memory.
    private static let rsaKey = try? _RSA.Signing.PrivateKey(keySize: .bits2048)

    static func rsa(_ algorithm: String) throws -> TestSigner {
        guard let key = rsaKey else { throw CryptoKitError.incorrectKeySize }
        let parts = try key.publicKey.getKeyPrimitives()
        let members =
            "\"kty\":\"RSA\",\"n\":\"\(base64URL(parts.modulus))\",\"e\":\"\(base64URL(parts.publicExponent))\""
        let padding: _RSA.Signing.Padding = algorithm.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
        return TestSigner(algorithm: algorithm, members: members) { text in
            switch algorithm.suffix(3) {
            case "256": try key.signature(for: SHA256.hash(data: text), padding: padding).rawRepresentation
            case "384": try key.signature(for: SHA384.hash(data: text), padding: padding).rawRepresentation
            default: try key.signature(for: SHA512.hash(data: text), padding: padding).rawRepresentation
            }
        }
    }

    static func secret(_ algorithm: String, _ secret: [UInt8] = Array(repeating: 7, count: 64)) -> TestSigner {
        let key = SymmetricKey(data: secret)
        return TestSigner(algorithm: algorithm, members: "\"kty\":\"oct\",\"k\":\"\(base64URL(secret))\"") { text in
            switch algorithm {
            case "HS256": Data(HMAC<SHA256>.authenticationCode(for: text, using: key))
            case "HS384": Data(HMAC<SHA384>.authenticationCode(for: text, using: key))
            default: Data(HMAC<SHA512>.authenticationCode(for: text, using: key))
            }
        }
    }

    static func all() throws -> [TestSigner] {
        try ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map { try rsa($0) }
            + [es256(), es384, es512, edDSA] + ["HS256", "HS384", "HS512"].map { secret($0) }
    }
}

/// What a token of the tests says: in force from second 1,000 to 2,000.
struct TestClaims {
    var members: [String: String] = [
        "iss": "\"https://login.example\"", "aud": "\"gateway\"", "sub": "\"alice\"", "iat": "1000", "nbf": "1000",
        "exp": "2000",
    ]

    /// The same with other values, as JSON; a nil takes a member out.
    func with(_ changes: [String: String?]) -> TestClaims {
        var claims = self
        for (key, value) in changes { claims.members[key] = value }
        return claims
    }

    var text: String {
        "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
}

/// A set of keys as JSON.
func keySet(_ keys: String...) -> [UInt8] { Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8) }

/// Issuers of a file whose lines name the files that are given.
func issuers(_ lines: String..., files: [String: [UInt8]]) throws(AccessFileError) -> IssuerTable {
    try IssuerTable(file: Array(lines.joined(separator: "\n").utf8)) { path throws(IssuerFileRefusal) in
        guard let bytes = files[path] else { throw IssuerFileRefusal(reason: "does not exist") }
        return bytes
    }
}

/// The one issuer of most tests.
func corp(_ signer: TestSigner, more: String = "") throws -> IssuerTable {
    let isSecret = signer.algorithm.hasPrefix("HS")
    let source = isSecret ? "secret: f, algorithms: [HS256, HS384, HS512]" : "keys: f"
    return try issuers(
        "- {name: corp, issuer: \"https://login.example\", audiences: gateway, \(source)\(more)}",
        files: ["f": keySet(signer.key())]
    )
}

extension Authenticator {
    /// The name of whom a token is from.
    func name(bearer: String, now: Int64 = 1_500) throws(AuthenticationError) -> String {
        try principal(of: Credentials(authorization: .once(Array("Bearer \(bearer)".utf8)[...])), now: now).name.text
    }
}
