// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A name that came from outside: of a topic, an exchange, a queue, a method, a key. Two names are the same when their
/// UTF-8 bytes are.
///
/// `String` compares by canonical equivalence: é equals e with a combining accent, and K the Kelvin sign. Brokers and
/// Python compare bytes or code points, so with `String` two names could be equal here and differ there, and one
/// client's name would stand for another's. Keys of tables, and every comparison of two names, therefore use this type.
public struct Name: Sendable {
    /// The text; not to be compared.
    public let text: String

    /// Makes a name from a text, whose storage is made contiguous so that bytes are compared without a copy.
    public init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }

    /// The bytes that are compared.
    public var utf8: String.UTF8View { text.utf8 }

    /// Whether there is no byte.
    public var isEmpty: Bool { text.utf8.isEmpty }

    /// Whether the bytes of the name begin with those of a text, whatever combining characters follow.
    public func hasPrefix(_ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    /// Whether the bytes of the name end with those of a text.
    public func hasSuffix(_ suffix: String) -> Bool {
        text.utf8.count >= suffix.utf8.count && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}

extension Name: Hashable {
    /// Whether the bytes are the same.
    public static func == (left: Name, right: Name) -> Bool {
        let (one, other) = (left.text.utf8.span, right.text.utf8.span)
        guard one.count == other.count else { return false }
        var index = 0
        while index &+ 8 <= one.count {
            // Each load is bounds-checked; it is unsafe in name only.
            let left = unsafe one.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard unsafe left == other.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) else {
                return false
            }
            index &+= 8
        }
        while index < one.count {
            guard one[index] == other[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// Feeds the bytes and their end.
    public func hash(into hasher: inout Hasher) {
        // Borrowed for the call; the hasher copies what it needs.
        unsafe text.utf8.span.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
        hasher.combine(0xff as UInt8)
    }
}

extension Name: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// Makes a name from a literal.
    public init(stringLiteral text: String) { self.init(text) }

    /// The text.
    public var description: String { text }
}

extension Name: Comparable {
    /// Byte by byte, in the order of `memcmp`.
    public static func < (left: Name, right: Name) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }
}
