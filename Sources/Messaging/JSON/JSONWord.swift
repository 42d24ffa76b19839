// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Eight bytes at a time: which of them end a plain run of a JSON string.
enum JSONWord {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The little-endian word at an offset; the caller knows that eight bytes are there (the load checks it again).
    @inline(__always)
    static func load(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        // Unsafe in name only: the load is bounds-checked, and every bit pattern is a valid UInt64.
        unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// High bits set where a byte is `"`, `\` or below 0x20; the lowest set one is exact.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        let isQuote = (quote &- ones) & ~quote
        let isBackslash = (backslash &- ones) & ~backslash
        let isControl = (word &- (ones &* 0x20)) & ~word
        return (isQuote | isBackslash | isControl) & highs
    }

    /// The brackets and braces of eight bytes, up to the first quotation mark.
    struct Brackets {
        /// How many bytes there are before the quotation mark; 8 without one.
        let length: Int
        /// High bits set where a byte is `[` or `{`, each exact.
        let opening: UInt64
        /// High bits set where a byte is `]` or `}`, each exact.
        let closing: UInt64

        @inline(__always)
        init(_ word: UInt64) {
            let quote = ~magnitude(word ^ (ones &* 0x22)) & highs
            // All that is below the lowest one; without one this is everything.
            let before = (quote & (0 &- quote)) &- 1
            // Brackets and braces differ in this bit.
            let folded = word | (ones &* 0x20)
            length = quote.trailingZeroBitCount >> 3
            opening = ~magnitude(folded ^ (ones &* 0x7b)) & highs & before
            closing = ~magnitude(folded ^ (ones &* 0x7d)) & highs & before
        }
    }

    /// High bits set where a byte is `\`; the lowest set one is exact.
    @inline(__always)
    static func backslash(_ word: UInt64) -> UInt64 {
        let backslash = word ^ (ones &* 0x5c)
        return (backslash &- ones) & ~backslash & highs
    }

    /// The length of the sequence of RFC 3629 that a word begins with; 0 where that is ASCII or not well formed: an overlong
    /// form, a surrogate, or above U+10FFFF.
    @inline(__always)
    static func multiByteLength(_ word: UInt64) -> Int {
        // The first byte is the lowest. Masks select the bits that mark the bytes; the others are bits of the number.
        if word & 0xe0 == 0xc0 { return word & 0xc000 == 0x8000 && word & 0x1e != 0 ? 2 : 0 }
        if word & 0xf0 == 0xe0 {
            let high = word & 0x200f
            return word & 0xc0_c000 == 0x80_8000 && high != 0 && high != 0x200d ? 3 : 0
        }
        guard word & 0xc0c0_c0f8 == 0x8080_80f0 else { return 0 }
        let (plane, high) = (word & 0x07, word & 0x3000)
        return (plane == 0 ? high != 0 : plane < 4 || plane == 4 && high == 0) ? 4 : 0
    }

    /// The hexadecimal digits that eight characters stand for, one a byte; nil for other characters.
    @inline(__always)
    static func digits(_ text: UInt64) -> UInt64? {
        let areLetters = text >> 6 & ones
        let digits = text & (ones &* 0x0f) &+ areLetters &* 9
        guard digits & (ones &* 0xf0) == 0, characters(digits) == text | areLetters << 5 else { return nil }
        return digits
    }

    /// Hexadecimal digits, one a byte, as characters in lower case.
    @inline(__always)
    static func characters(_ digits: UInt64) -> UInt64 {
        let areLetters = (digits &+ ones &* 0x06) >> 4 & ones
        return digits &+ ones &* 0x30 &+ areLetters &* 0x27
    }

    /// High bits set where a byte is `"` or `\`, each exact.
    @inline(__always)
    static func quoteOrBackslash(_ word: UInt64) -> UInt64 {
        ~(magnitude(word ^ (ones &* 0x22)) & magnitude(word ^ (ones &* 0x5c))) & highs
    }

    /// High bits set where a byte is below 0x20, each exact.
    @inline(__always)
    static func control(_ word: UInt64) -> UInt64 { ~((word & ~highs) &+ (ones &* 0x60) | word) & highs }

    /// High bits set where a byte is not 0; no byte carries into the next one.
    @inline(__always)
    private static func magnitude(_ word: UInt64) -> UInt64 { (word & ~highs) &+ ~highs | word }

    /// How many high bits are set.
    @inline(__always)
    static func count(_ marks: UInt64) -> Int { Int(truncatingIfNeeded: ((marks >> 7) &* ones) >> 56) }

    /// High bits set where a byte is not ASCII.
    @inline(__always)
    static func nonASCII(_ word: UInt64) -> UInt64 { word & highs }
}
