//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A random 128-bit identifier in the form of `uuid.uuid4()` (RFC 9562, version 4).
public struct UniqueID: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// Makes an identifier of 128 random bits.
    public init() {
        self.init(high: RandomBits.shared.next(), low: RandomBits.shared.next())
    }

    /// Makes an identifier of given bits; the version and variant bits are set over them.
    public init(high: UInt64, low: UInt64) {
        self.high = high & ~0xf000 | 0x4000
        self.low = low & ~(0b11 << 62) | 0b10 << 62
    }

    /// Reads 32 hexadecimal digits; nil for anything else.
    public init?(hexadecimal text: String) {
        let bytes = Array(text.utf8)
        self.init(hexadecimal: bytes.span, 0..<bytes.count)
    }

    /// Reads 32 hexadecimal digits; nil for anything else, as no identifier of ours looks otherwise.
    init?(hexadecimal bytes: Span<UInt8>, _ range: Range<Int>) {
        guard range.count == 32 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for offset in 0..<32 {
            guard let digit = Messaging.hexadecimal(bytes[range.lowerBound + offset]) else { return nil }
            if offset < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
        }
        (high, low) = words
    }

    /// The bits, for who writes the digits himself.
    public var words: (high: UInt64, low: UInt64) { (high, low) }

    /// 32 hexadecimal digits in lower case (`uuid.uuid4().hex`).
    public var hexadecimal: String { String(decoding: digits, as: UTF8.self) }

    /// The digits in groups of 8, 4, 4, 4 and 12 (`str(uuid.uuid4())`).
    public var dashed: String {
        String(decoding: [UInt8](capacity: 36) { output in append(dashedTo: &output) }, as: UTF8.self)
    }

    /// Writes the 36 characters of `dashed`.
    public func append(dashedTo output: inout OutputSpan<UInt8>) {
        Self.append(high, from: 0, to: 8, &output)
        output.append(0x2d)
        Self.append(high, from: 8, to: 12, &output)
        output.append(0x2d)
        Self.append(high, from: 12, to: 16, &output)
        output.append(0x2d)
        Self.append(low, from: 0, to: 4, &output)
        output.append(0x2d)
        Self.append(low, from: 4, to: 16, &output)
    }

    /// The 32 digits as ASCII bytes.
    var digits: [UInt8] {
        [UInt8](capacity: 32) { output in append(to: &output) }
    }

    /// Writes the 32 digits.
    func append(to output: inout OutputSpan<UInt8>) {
        Self.append(high, from: 0, to: 16, &output)
        Self.append(low, from: 0, to: 16, &output)
    }

    /// Writes some of the sixteen digits of a word.
    private static func append(_ word: UInt64, from: Int, to end: Int, _ output: inout OutputSpan<UInt8>) {
        for index in from..<end {
            output.append(hexadecimalDigit(UInt8(truncatingIfNeeded: word >> UInt64(60 &- 4 &* index)) & 15))
        }
    }
}
