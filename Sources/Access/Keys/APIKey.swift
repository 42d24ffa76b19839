// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A key of a client: `rgw_`, 160 random bits in base32, and a checksum.
///
/// The prefix and the checksum are there for secret scanners, which find lost keys by them and nothing else; a text without
/// them is no key, and no table is looked into for it.
public struct APIKey: Sendable {
    /// The key as it is given to the client: a secret.
    public let text: String

    static let prefix = Array("rgw_".utf8)
    private static let randomDigits = 32
    private static let checkDigits = 6
    /// The bytes of every key.
    static let length = prefix.count + randomDigits + checkDigits
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// Makes a new key.
    public init(using generator: inout some RandomNumberGenerator) {
        var bytes = Self.prefix
        for _ in 0..<2 { Self.append(generator.next(), bits: 60, to: &bytes) }
        Self.append(generator.next(), bits: 40, to: &bytes)
        bytes += Self.checksum(bytes[...])
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The digest that the keys file holds.
    var digest: KeyDigest { KeyDigest(of: Array(text.utf8)[...]) }

    /// Whether bytes have the length and the beginning of a key.
    static func mayBeOne(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.count == length && bytes.starts(with: prefix) }

    /// Whether bytes have the form of a key, its checksum included.
    static func hasForm(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard mayBeOne(bytes) else { return false }
        return checksum(bytes.dropLast(checkDigits)).elementsEqual(bytes.suffix(checkDigits))
    }

    /// The first 30 bits of the SHA-256 of what stands before.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits: [UInt8] = []
        append(KeyDigest(of: bytes).first30, bits: 30, to: &digits)
        return digits
    }

    /// Appends the low bits of a word, five a digit.
    private static func append(_ word: UInt64, bits: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: bits - 5, through: 0, by: -5) {
            bytes.append(alphabet[Int(word >> UInt64(shift) & 31)])
        }
    }
}

/// A key that was made now, with what the operator does with it.
public struct NewKey: Sendable {
    /// The key, which only its client is to have.
    public let key: APIKey
    /// The line for the keys file, which holds no secret.
    public let line: String

    /// Makes a key for a principal; nil where its name or a role has not the form of one.
    public init?(
        name: String,
        roles: [String],
        expires: UTCTime?,
        using generator: inout some RandomNumberGenerator
    ) {
        guard Principal.canBeNamed(name), roles.allSatisfy({ AccessName.read($0) != nil }) else { return nil }
        key = APIKey(using: &generator)
        var members = ["name: \"\(name)\"", "sha256: \(key.digest.hexadecimal)"]
        if !roles.isEmpty { members.append("roles: [\(roles.map { "\"\($0)\"" }.joined(separator: ", "))]") }
        if let expires { members.append("expires: \(expires.text)") }
        line = "- {\(members.joined(separator: ", "))}"
    }

    /// What names of principals and roles look like, for people.
    public static let allowedNames = AccessName.allowed
}

extension Principal {
    /// Whether a text can be the name of one whose identity is proved.
    static func canBeNamed(_ text: String) -> Bool {
        AccessName.read(text).map { $0 != Principal.anonymous.name } ?? false
    }
}
