// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Foundation

/// An issuer with one key, and what lets its tokens in.
struct TestIssuer {
    let key = P256.Signing.PrivateKey()
    let access: AccessControl
    private let kid: String

    /// - Parameter fetching: what gets its keys; nil where a file has them.
    init(_ keys: TestKeys? = nil, anonymous: Bool? = nil, kid: String = "1", fetching: KeyFetching? = nil) throws {
        self.kid = kid
        let set = Self.set(key, kid)
        let source = fetching == nil ? "keys: f" : "jwks: \"https://corp/keys\""
        let line = "- {name: corp, issuer: corp, audiences: gateway, \(source)}"
        let issuers = try IssuerTable(file: Array(line.utf8), fetching: fetching) { _ in set }
        let table = try keys.map { try KeyTable(file: $0.file) }
        let authenticator = Authenticator(keys: table, issuers: issuers, takesAnonymous: anonymous)
        access = AccessControl(authenticator: authenticator) { 1_000 }
    }

    /// What it shows at its address.
    var keySet: [UInt8] { Self.set(key, kid) }

    func token(
        _ name: String = "alice",
        audience: String = "gateway",
        end: Int = 2_000,
        id: Int = 0,
        kid: String? = nil
    ) throws -> String {
        let header = "{\"alg\":\"ES256\",\"kid\":\"\(kid ?? self.kid)\"}"
        let claims =
            "{\"iss\":\"corp\",\"aud\":\"\(audience)\",\"exp\":\(end),\"sub\":\"\(name)\",\"jti\":\"\(id)\"}"
        let signed = "\(Self.base64URL(Data(header.utf8))).\(Self.base64URL(Data(claims.utf8)))"
        let signature = try key.signature(for: SHA256.hash(data: Data(signed.utf8)))
        return "\(signed).\(Self.base64URL(signature.rawRepresentation))"
    }

    private static func set(_ key: P256.Signing.PrivateKey, _ kid: String) -> [UInt8] {
        let point = key.publicKey.rawRepresentation
        let (x, y) = (base64URL(point.prefix(32)), base64URL(point.suffix(32)))
        return Array(
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"\(kid)\",\"x\":\"\(x)\",\"y\":\"\(y)\"}]}".utf8
        )
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
