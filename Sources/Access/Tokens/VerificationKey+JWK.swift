// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import CryptoExtras
internal import Names

extension VerificationKey {
    /// What a member of a key set comes to.
    enum Reading: Sendable {
        case key(VerificationKey)
        /// For another purpose, or of a kind that is not known here: no fault.
        case foreign
        /// Not to be used, with the reason.
        case defective(String)
    }

    /// Reads a key as JSON (RFC 7517 and 7518).
    static func read(_ members: ClaimValue) -> Reading {
        guard let kind = members["kty"]?.text else { return .defective("kty is missing") }
        guard isForSignatures(members) else { return .foreign }
        let id = members["kid"]?.text
        guard members["kid"] == nil || id != nil else { return .defective("kid is no text") }
        switch kind {
        case "RSA": return rsa(members, id)
        case "EC": return curve(members, id)
        case "OKP": return edwards(members, id)
        case "oct": return secret(members, id)
        default: return .foreign
        }
    }

    /// Whether nothing says that a key is for something else.
    private static func isForSignatures(_ members: ClaimValue) -> Bool {
        if let use = members["use"], use.text != "sig" { return false }
        if let uses = members["key_ops"] { return uses.texts?.contains("verify") ?? false }
        return true
    }

    private static func rsa(_ members: ClaimValue, _ id: Name?) -> Reading {
        guard let modulus = bytes(members, "n"), let exponent = bytes(members, "e") else {
            return .defective("n and e of a key of RSA have to be base64url")
        }
        guard RSAModulus.bits.contains(RSAModulus.bitCount(modulus)) else {
            return .defective("a key of RSA has to have 2048 to 8192 bits")
        }
        // What is not 3 or 65537 is nearly always an error, and 1 proves everything.
        guard exponent == [3] || exponent == [1, 0, 1] else { return .defective("e has to be 3 or 65537") }
        guard !RSAModulus.isFaulty(modulus) else {
            return .defective("n is of a generator whose keys can be broken (ROCA)")
        }
        guard let algorithms = algorithms(members, of: SignatureAlgorithm.rsa) else { return .foreign }
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else {
            return .defective("n and e are no key of RSA")
        }
        return .key(VerificationKey(id: id, algorithms: algorithms, material: .rsa(key)))
    }

    private static func curve(_ members: ClaimValue, _ id: Name?) -> Reading {
        guard let curve = members["crv"]?.text else { return .defective("crv of a key of EC is missing") }
        guard let x = bytes(members, "x"), let y = bytes(members, "y"), x.count == y.count else {
            return .defective("x and y of a key of EC have to be base64url, both of the same length")
        }
        let algorithm: SignatureAlgorithm
        let material: Material?
        switch curve {
        case "P-256":
            algorithm = .es256
            material = (try? P256.Signing.PublicKey(rawRepresentation: x + y)).map { .p256($0) }
        case "P-384":
            algorithm = .es384
            material = (try? P384.Signing.PublicKey(rawRepresentation: x + y)).map { .p384($0) }
        case "P-521":
            algorithm = .es512
            material = (try? P521.Signing.PublicKey(rawRepresentation: x + y)).map { .p521($0) }
        default: return .foreign
        }
        // Who thinks of the curve writes ES521.
        let isNamed = algorithm == .es512 && members["alg"]?.text == "ES521"
        guard isNamed || algorithms(members, of: [algorithm]) != nil else {
            return .defective("alg is not the one of this curve")
        }
        guard let material else { return .defective("x and y are no point of the curve") }
        return .key(VerificationKey(id: id, algorithms: [algorithm], material: material))
    }

    private static func edwards(_ members: ClaimValue, _ id: Name?) -> Reading {
        guard members["crv"]?.text == "Ed25519" else { return .foreign }
        guard algorithms(members, of: [.edDSA]) != nil else { return .defective("alg is not EdDSA") }
        guard let x = bytes(members, "x"), let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else {
            return .defective("x has to be the base64url of 32 bytes")
        }
        return .key(VerificationKey(id: id, algorithms: [.edDSA], material: .ed25519(key)))
    }

    private static func secret(_ members: ClaimValue, _ id: Name?) -> Reading {
        guard let secret = bytes(members, "k") else { return .defective("k has to be base64url") }
        guard let algorithms = algorithms(members, of: SignatureAlgorithm.symmetric) else { return .foreign }
        guard let key = VerificationKey(secret: secret, id: id, algorithms) else {
            return .defective("k is shorter than the hash of its algorithm")
        }
        return .key(key)
    }

    /// A secret that both sides have, for those of some algorithms for which it is long enough; nil where it is for none.
    init?(secret: [UInt8], id: Name?, _ algorithms: Set<SignatureAlgorithm>) {
        let fitting = algorithms.filter { $0.secretBytes <= secret.count }
        guard !fitting.isEmpty else { return nil }
        self.init(id: id, algorithms: fitting, material: .secret(SymmetricKey(data: secret)))
    }

    /// The algorithm that a key names, or all that its kind has; nil where it names another one.
    private static func algorithms(
        _ members: ClaimValue,
        of possible: Set<SignatureAlgorithm>
    ) -> Set<SignatureAlgorithm>? {
        guard let named = members["alg"] else { return possible }
        guard let algorithm = named.text.flatMap({ SignatureAlgorithm(rawValue: $0.text) }),
            possible.contains(algorithm)
        else { return nil }
        return [algorithm]
    }

    private static func bytes(_ members: ClaimValue, _ key: Name) -> [UInt8]? {
        members[key]?.text.flatMap { Base64URL.decode(Array($0.utf8)[...]) }
    }
}
