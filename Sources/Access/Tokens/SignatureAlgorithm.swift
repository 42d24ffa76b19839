// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The algorithms of signatures that are known at all (RFC 7518 and 8037). `none` is none of them.
enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"

    /// Those of RSA.
    static let rsa: Set<SignatureAlgorithm> = [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
    /// Those whose key is a secret that both sides have.
    static let symmetric: Set<SignatureAlgorithm> = [.hs256, .hs384, .hs512]
    /// Those whose issuer alone can sign.
    static let asymmetric = Set(allCases).subtracting(symmetric)

    /// The hash in it.
    enum Hash: Sendable { case sha256, sha384, sha512 }

    var hash: Hash {
        switch self {
        case .rs256, .ps256, .es256, .hs256: .sha256
        case .rs384, .ps384, .es384, .hs384: .sha384
        case .rs512, .ps512, .es512, .hs512, .edDSA: .sha512
        }
    }

    /// The bytes that a secret has at the least (RFC 7518, section 3.2).
    var secretBytes: Int {
        switch hash {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }
}
