// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The keys of an issuer at one time.
///
/// A reference: what was proved by one set is proved as long as that set is in force.
final class KeySet: Sendable {
    /// What a set is to hold.
    enum Kind: Sendable { case publicKeys, secrets }

    /// Why a text is no set to go by.
    struct Refusal: Error, Equatable { let reason: String }

    let keys: [VerificationKey]
    /// What is wrong with the members that are left out.
    let defects: [String]

    private static let mostKeys = 64

    init(_ keys: [VerificationKey], defects: [String] = []) {
        self.keys = keys
        self.defects = defects
    }

    /// Reads a set (RFC 7517, section 5).
    ///
    /// Members for other purposes, of unknown kinds and with defects are left out. A set with a secret among public keys, with a private
    /// key, or with two keys of one `kid` is refused whole: whoever wrote it does not know what they have published.
    convenience init(json bytes: [UInt8], _ kind: Kind) throws(Refusal) {
        guard case .list(let members)? = ClaimValue(json: bytes)?["keys"] else {
            throw Refusal(reason: "is not a JSON object with the list keys, or has a member twice")
        }
        guard members.count <= Self.mostKeys else { throw Refusal(reason: "has more than \(Self.mostKeys) keys") }
        try Self.check(members, kind)
        var (keys, defects): ([VerificationKey], [String]) = ([], [])
        for (number, member) in members.enumerated() {
            switch VerificationKey.read(member) {
            case .key(let key): keys.append(key)
            case .foreign: break
            case .defective(let reason): defects.append("key \(number + 1): \(reason)")
            }
        }
        guard !keys.isEmpty else {
            throw Refusal(reason: (["has no key that proves signatures"] + defects).joined(separator: "; "))
        }
        self.init(keys, defects: defects)
    }

    private static func check(_ members: [ClaimValue], _ kind: Kind) throws(Refusal) {
        var names: Set<Name> = []
        for member in members {
            if let name = member["kid"]?.text, !names.insert(name).inserted {
                throw Refusal(reason: "has two keys of one kid")
            }
            let isSecret = member["kty"]?.text == "oct" || member["k"] != nil
            guard isSecret == (kind == .secrets) else {
                throw Refusal(reason: isSecret ? "has a secret among public keys" : "has a public key among secrets")
            }
            guard member["d"] == nil else {
                throw Refusal(reason: "has a private key; leave out d and what follows it")
            }
        }
    }

    /// What a look for the key of a token comes to.
    enum Look: Sendable {
        case found(VerificationKey)
        /// No key has this name: it may be newer than the set.
        case unknown
        /// There is a key, for other algorithms.
        case otherAlgorithm
        /// The token names none, and several fit.
        case ambiguous
    }

    /// The one key that may prove a token: the one that it names; where no key has that name, or it names none, the only one
    /// that can be meant.
    func look(_ id: Name?, _ algorithm: SignatureAlgorithm) -> Look {
        if let id, let key = keys.first(where: { $0.id == id }) {
            return key.algorithms.contains(algorithm) ? .found(key) : .otherAlgorithm
        }
        let possible = id == nil ? keys : keys.filter { $0.id == nil }
        guard !possible.isEmpty else { return .unknown }
        let fitting = possible.filter { $0.algorithms.contains(algorithm) }
        guard let key = fitting.first else { return .otherAlgorithm }
        return fitting.count == 1 ? .found(key) : .ambiguous
    }
}
