// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// The SHA-256 of a key: what is kept of it.
///
/// A key has 160 random bits, so nobody can find it from its digest by trying, and a slow hash would guard nothing more.
struct KeyDigest: Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Digests a key.
    init(of key: ArraySlice<UInt8>) {
        // Borrowed for the call; a digest has 32 bytes by its type.
        words = unsafe SHA256.hash(data: key).withUnsafeBytes { digest in
            func word(_ place: Int) -> UInt64 {
                unsafe digest.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self).bigEndian
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// Reads 64 hexadecimal digits; nil for any other text.
    init?(hexadecimal text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ Self.isDigit($0) }) else { return nil }
        var rest = text[...]
        func word() -> UInt64 {
            defer { rest = rest.dropFirst(16) }
            return UInt64(rest.prefix(16), radix: 16) ?? 0
        }
        words = (word(), word(), word(), word())
    }

    /// The digest in 64 lower-case digits, as `sha256sum` prints it.
    var hexadecimal: String { [words.0, words.1, words.2, words.3].map(Self.digits).joined() }

    /// What names the key in logs and metrics: the first 32 bits tell keys apart and are no help to find one.
    var id: String { String(hexadecimal.prefix(8)) }

    /// The first 30 bits, of which a key's checksum is made.
    var first30: UInt64 { words.0 >> 34 }

    private static func digits(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}

extension KeyDigest: Hashable {
    /// Whether all bits are the same, in a time that does not depend on which ones differ.
    static func == (left: KeyDigest, right: KeyDigest) -> Bool {
        let (one, other) = (left.words, right.words)
        return (one.0 ^ other.0) | (one.1 ^ other.1) | (one.2 ^ other.2) | (one.3 ^ other.3) == 0
    }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
