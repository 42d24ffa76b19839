// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A random 128-bit identifier in the form of `uuid.uuid4()` (RFC 9562, version 4).
public struct UniqueID: Hashable, Sendable {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// Makes an identifier of 128 random bits.
    public init() {
        let (high, low) = RandomBits.shared.next()
        self.init(high: high, low: low)
    }

    /// Makes an identifier from given bits, over which the version and variant bits are set.
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
        let start = range.lowerBound
        guard let one = Self.half(JSONWord.load(bytes, at: start)),
            let two = Self.half(JSONWord.load(bytes, at: start &+ 8)),
            let three = Self.half(JSONWord.load(bytes, at: start &+ 16)),
            let four = Self.half(JSONWord.load(bytes, at: start &+ 24))
        else { return nil }
        (high, low) = (one << 32 | two, three << 32 | four)
    }

    /// The low half of a word from its eight hexadecimal digits, the first in the lowest byte; nil for other characters.
    private static func half(_ text: UInt64) -> UInt64? {
        guard var digits = JSONWord.digits(text)?.byteSwapped else { return nil }
        digits = (digits | digits >> 4) & 0x00ff_00ff_00ff_00ff
        digits = (digits | digits >> 8) & 0x0000_ffff_0000_ffff
        return (digits | digits >> 16) & 0xffff_ffff
    }

    /// Hashes half of the bits, which are as random as the whole.
    public func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// The bits, for whoever writes the digits itself.
    public var words: (high: UInt64, low: UInt64) { (high, low) }

    /// 32 hexadecimal digits in lower case (`uuid.uuid4().hex`).
    public var hexadecimal: String { String(decoding: digits, as: UTF8.self) }

    /// The digits in groups of 8, 4, 4, 4 and 12 (`str(uuid.uuid4())`).
    public var dashed: String {
        var text = [UInt8](repeating: 0x2d, count: 36)
        write(dashedInto: &text, at: 0)
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes the digits of `dashed` over the 36 bytes from a position on, where the dashes are in place already.
    public func write(dashedInto bytes: inout [UInt8], at start: Int) {
        let (one, two) = (Self.digits(of: high >> 32), Self.digits(of: high))
        let (three, four) = (Self.digits(of: low >> 32), Self.digits(of: low))
        // Used within the bounds, which are checked, and not kept.
        unsafe bytes.withUnsafeMutableBytes { bytes in
            let text = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start..<(start + 36)])
            unsafe text.storeBytes(of: one.bigEndian, toByteOffset: 0, as: UInt64.self)
            unsafe text.storeBytes(of: UInt32(two >> 32).bigEndian, toByteOffset: 9, as: UInt32.self)
            unsafe text.storeBytes(of: UInt32(two & 0xffff_ffff).bigEndian, toByteOffset: 14, as: UInt32.self)
            unsafe text.storeBytes(of: UInt32(three >> 32).bigEndian, toByteOffset: 19, as: UInt32.self)
            unsafe text.storeBytes(of: UInt32(three & 0xffff_ffff).bigEndian, toByteOffset: 24, as: UInt32.self)
            unsafe text.storeBytes(of: four.bigEndian, toByteOffset: 28, as: UInt64.self)
        }
    }

    /// The eight hexadecimal digits of the low half of a word as characters, the first in the highest byte.
    private static func digits(of word: UInt64) -> UInt64 {
        // Spread to one digit a byte, by halves.
        var digits = word & 0xffff_ffff
        digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff
        digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff
        digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f
        return JSONWord.characters(digits)
    }

    /// The 32 digits as ASCII bytes.
    var digits: [UInt8] {
        [UInt8].filled(capacity: 32) { output in append(to: &output) }
    }

    /// Writes the 32 digits.
    func append(to output: inout OutputSpan<UInt8>) {
        Self.append(high, to: &output)
        Self.append(low, to: &output)
    }

    private static func append(_ word: UInt64, to output: inout OutputSpan<UInt8>) {
        output.append(word: digits(of: word >> 32).bigEndian)
        output.append(word: digits(of: word).bigEndian)
    }
}
