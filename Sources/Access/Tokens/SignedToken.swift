// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A token in its three parts (JWS compact serialization, RFC 7515, section 3.1), of which nothing is proved yet.
struct SignedToken: Sendable {
    let algorithm: SignatureAlgorithm
    /// What names the key; nil for none.
    let keyID: Name?
    let payload: [UInt8]
    let signature: [UInt8]
    /// What is signed.
    let signed: ArraySlice<UInt8>

    /// Whether bytes may be a token at all: three parts, as far as dots tell.
    static func hasForm(_ bytes: ArraySlice<UInt8>) -> Bool {
        var dots = 0
        for byte in bytes where byte == 0x2e { dots += 1 }
        return dots == 2
    }

    /// Takes a token apart.
    ///
    /// Of the header, `alg`, `kid`, `typ` and `crit` are looked at. Keys and addresses of keys that it may hold (`jwk`, `jku`, `x5c`,
    /// `x5u`) are somebody's who has proved nothing.
    init(_ bytes: ArraySlice<UInt8>) throws(AuthenticationError) {
        let parts = bytes.split(separator: 0x2e, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), !signature.isEmpty,
            let fields = ClaimValue(json: header), case .object = fields
        else { throw .wrong(.tokenForm) }
        guard fields["crit"] == nil else { throw .wrong(.tokenExtension) }
        guard Self.isForAccess(fields["typ"]) else { throw .wrong(.tokenType) }
        guard let algorithm = fields["alg"]?.text.flatMap({ SignatureAlgorithm(rawValue: $0.text) }) else {
            throw .wrong(.tokenAlgorithm)
        }
        let id = fields["kid"]
        guard id == nil || id?.text != nil else { throw .wrong(.tokenForm) }
        self.algorithm = algorithm
        keyID = id?.text
        self.payload = payload
        self.signature = signature
        signed = bytes[bytes.startIndex..<parts[1].endIndex]
    }

    /// Whether a token does not say that it is for something else, such as the end of a session (RFC 8725, section 3.11).
    private static func isForAccess(_ type: ClaimValue?) -> Bool {
        guard let type else { return true }
        guard let text = type.text else { return false }
        let name = text.text.lowercased()
        return ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains { $0.utf8.elementsEqual(name.utf8) }
    }

    /// Proves the signature by the one key that may, which it returns.
    @discardableResult
    func check(_ keys: KeySet) throws(AuthenticationError) -> VerificationKey {
        switch keys.look(keyID, algorithm) {
        case .found(let key):
            guard key.proves(signature, over: signed, by: algorithm) else { throw .wrong(.tokenSignature) }
            return key
        case .unknown: throw .wrong(.tokenKey)
        case .otherAlgorithm: throw .wrong(.tokenAlgorithm)
        case .ambiguous: throw .wrong(.tokenKeyName)
        }
    }
}
