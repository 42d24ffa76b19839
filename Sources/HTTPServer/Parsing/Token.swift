// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// The token grammar of RFC 9110, section 5.6.2.
enum Token {
    // One bit for each allowed character of 0...63 and of 64...127; written out because a computed global is looked up
    // through a lock on every use.
    private static let low: UInt64 = 0x03FF_6CFA_0000_0000
    private static let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE

    static func isCharacter(_ byte: UInt8) -> Bool {
        let mask = byte < 64 ? low : byte < 128 ? high : 0
        return mask >> UInt64(byte & 63) & 1 == 1
    }

    static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(isCharacter)
    }

    /// Whether the bytes are exactly this text.
    static func isSame(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount, let start = bytes.baseAddress else { return false }
        return memcmp(start, text.utf8Start, bytes.count) == 0
    }

    /// Whether the bytes are this text, which has to be in lower case; their own ASCII case does not matter.
    static func equals(_ bytes: UnsafeRawBufferPointer, _ lowercaseText: StaticString) -> Bool {
        guard bytes.count == lowercaseText.utf8CodeUnitCount, let start = bytes.baseAddress else { return false }
        // Most are in lower case already.
        if memcmp(start, lowercaseText.utf8Start, bytes.count) == 0 { return true }
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let expected = UnsafeRawPointer(lowercaseText.utf8Start).loadUnaligned(
                fromByteOffset: index,
                as: UInt64.self
            )
            guard lowercased(word) == expected else { return false }
            index += 8
        }
        while index < bytes.count {
            guard RequestFields.lowercased(bytes[index]) == lowercaseText.utf8Start[index] else { return false }
            index += 1
        }
        return true
    }

    /// Eight bytes with their ASCII letters in lower case.
    static func lowercased(_ word: UInt64) -> UInt64 {
        let (ones, tops) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        // The sums carry into the top bit of their own byte only, as the top bits are taken out before.
        let low = word & ~tops
        let areUpper = (low &+ ones &* (0x80 - 0x41)) & ~(low &+ ones &* (0x80 - 0x5B)) & ~word & tops
        return word | areUpper >> 2
    }
}
