// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import CryptoExtras
internal import Names

/// A key that proves signatures. The algorithms are its own: what a token says of its algorithm chooses none that the key has not.
struct VerificationKey: Sendable {
    /// What the library needs.
    enum Material: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case secret(SymmetricKey)
    }

    /// What names it; nil for none.
    let id: Name?
    /// The algorithms that it proves.
    let algorithms: Set<SignatureAlgorithm>
    private let material: Material

    init(id: Name?, algorithms: Set<SignatureAlgorithm>, material: Material) {
        self.id = id
        self.algorithms = algorithms
        self.material = material
    }

    /// Whether both prove the same signatures.
    func isSame(as other: VerificationKey) -> Bool {
        switch (material, other.material) {
        case (.rsa(let one), .rsa(let other)): one.derRepresentation == other.derRepresentation
        case (.p256(let one), .p256(let other)): one.rawRepresentation == other.rawRepresentation
        case (.p384(let one), .p384(let other)): one.rawRepresentation == other.rawRepresentation
        case (.p521(let one), .p521(let other)): one.rawRepresentation == other.rawRepresentation
        case (.ed25519(let one), .ed25519(let other)): one.rawRepresentation == other.rawRepresentation
        case (.secret(let one), .secret(let other)): one == other
        default: false
        }
    }

    /// Whether a signature is one of this key over a text, by an algorithm of this key.
    func proves(_ signature: [UInt8], over text: ArraySlice<UInt8>, by algorithm: SignatureAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        return switch material {
        case .rsa(let key): Self.proves(key, signature, text, algorithm)
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(rawRepresentation: signature))
                .map { key.isValidSignature($0, for: SHA256.hash(data: text)) } ?? false
        case .p384(let key):
            (try? P384.Signing.ECDSASignature(rawRepresentation: signature))
                .map { key.isValidSignature($0, for: SHA384.hash(data: text)) } ?? false
        case .p521(let key):
            (try? P521.Signing.ECDSASignature(rawRepresentation: signature))
                .map { key.isValidSignature($0, for: SHA512.hash(data: text)) } ?? false
        case .ed25519(let key): key.isValidSignature(signature, for: text)
        case .secret(let key): Self.proves(key, signature, text, algorithm)
        }
    }

    private static func proves(
        _ key: _RSA.Signing.PublicKey,
        _ signature: [UInt8],
        _ text: ArraySlice<UInt8>,
        _ algorithm: SignatureAlgorithm
    ) -> Bool {
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        let isPSS = [.ps256, .ps384, .ps512].contains(algorithm)
        let padding: _RSA.Signing.Padding = isPSS ? .PSS : .insecurePKCS1v1_5
        return switch algorithm.hash {
        case .sha256: key.isValidSignature(signature, for: SHA256.hash(data: text), padding: padding)
        case .sha384: key.isValidSignature(signature, for: SHA384.hash(data: text), padding: padding)
        case .sha512: key.isValidSignature(signature, for: SHA512.hash(data: text), padding: padding)
        }
    }

    /// In a time that does not depend on the code: the library compares so.
    private static func proves(
        _ key: SymmetricKey,
        _ code: [UInt8],
        _ text: ArraySlice<UInt8>,
        _ algorithm: SignatureAlgorithm
    ) -> Bool {
        switch algorithm.hash {
        case .sha256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: text, using: key)
        case .sha384: HMAC<SHA384>.isValidAuthenticationCode(code, authenticating: text, using: key)
        case .sha512: HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: text, using: key)
        }
    }
}
