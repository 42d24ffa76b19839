// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension JSONScanner {
    /// Validates a string at its opening quote and returns the range of its content, escapes untouched.
    mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        try expect(0x22, bytes)
        let start = index
        try restOfString(bytes)
        return start..<(index &- 1)
    }

    /// Validates the rest of a string, up to its closing quote.
    mutating func restOfString(_ bytes: Span<UInt8>) throws(JSONError) {
        while true {
            skipPlainRun(bytes)
            let byte = try peek(bytes)
            switch byte {
            case 0x22:
                index &+= 1
                return
            case 0x5c: try escape(bytes)
            case 0x80...: try multiByteRun(bytes)
            case ..<0x20: throw JSONError(.controlCharacter, at: index)
            default: index &+= 1
            }
        }
    }

    /// Validates a string at its opening quote and writes its content, escapes resolved, in one pass.
    ///
    /// - Parameter output: has room for as many bytes as follow the quote.
    /// - Throws: what `string` and `JSONString.unescape` throw, whichever defect comes first.
    mutating func string(_ bytes: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(JSONError) {
        try expect(0x22, bytes)
        while true {
            copyPlainRun(bytes, &output)
            let byte = try peek(bytes)
            guard byte != 0x22 else { break }
            try copyCharacter(byte, bytes, &output)
        }
        index &+= 1
    }

    /// Validates the rest of the bytes as the content of a string and writes it, escapes resolved.
    ///
    /// - Parameter output: has room for as many bytes.
    mutating func content(_ bytes: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(JSONError) {
        while true {
            copyPlainRun(bytes, &output)
            guard index < bytes.count else { return }
            let byte = bytes[index]
            guard byte != 0x22 else { throw JSONError(.unexpectedByte, at: index) }
            try copyCharacter(byte, bytes, &output)
        }
    }

    @inline(__always)
    private mutating func copyCharacter(
        _ byte: UInt8,
        _ bytes: Span<UInt8>,
        _ output: inout OutputSpan<UInt8>
    ) throws(JSONError) {
        switch byte {
        case 0x5c: try copyEscape(bytes, &output)
        case 0x80...: try copyMultiByteRun(bytes, &output)
        case ..<0x20: throw JSONError(.controlCharacter, at: index)
        default:
            output.append(byte)
            index &+= 1
        }
    }

    /// Copies up to the next character that is not ASCII, or is an escape of anything but a quotation mark or a
    /// backslash.
    @inline(__always)
    private mutating func copyPlainRun(_ bytes: Span<UInt8>, _ output: inout OutputSpan<UInt8>) {
        var position = index
        while position &+ 8 <= bytes.count {
            let word = JSONWord.load(bytes, at: position)
            let stop = JSONWord.special(word) | JSONWord.nonASCII(word)
            guard stop != 0 else {
                output.append(word: word)
                position &+= 8
                continue
            }
            let run = stop.trailingZeroBitCount & 0x38
            // There is room: what was read so far gave no more bytes than it had.
            output.append(word: word, keeping: run >> 3)
            position &+= run >> 3
            // Nearly every escape is that of a quotation mark, and often another one follows.
            let first = position
            while let escaped = Self.escapedQuoteOrBackslash(bytes, position) {
                output.append(escaped)
                position &+= 2
            }
            guard position > first else { break }
        }
        index = position
    }

    /// The `"` or `\` that is escaped at a position; nil where another byte is there.
    @inline(__always)
    private static func escapedQuoteOrBackslash(_ bytes: Span<UInt8>, _ position: Int) -> UInt8? {
        guard position &+ 1 < bytes.count, bytes[position] == 0x5c else { return nil }
        let escaped = bytes[position &+ 1]
        return escaped == 0x22 || escaped == 0x5c ? escaped : nil
    }

    @inline(__always)
    private mutating func copyEscape(_ bytes: Span<UInt8>, _ output: inout OutputSpan<UInt8>) throws(JSONError) {
        let start = index
        try escape(bytes)
        let end = try JSONString.appendUnescaped(bytes, start, bytes.count, &output)
        // A pair of surrogates is two escapes.
        while index < end { try escape(bytes) }
    }

    @inline(__always)
    private mutating func skipPlainRun(_ bytes: Span<UInt8>) {
        var position = index
        while position &+ 8 <= bytes.count {
            let word = JSONWord.load(bytes, at: position)
            let stop = JSONWord.special(word) | JSONWord.nonASCII(word)
            guard stop != 0 else {
                position &+= 8
                continue
            }
            position &+= stop.trailingZeroBitCount >> 3
            let first = position
            while position &+ 8 <= bytes.count {
                let length = Self.escapeLength(JSONWord.load(bytes, at: position))
                guard length > 0 else { break }
                position &+= length
            }
            guard position > first else { break }
        }
        index = position
    }

    /// The length of the escape that a word begins with; 0 where it begins with none, or with a wrong one.
    @inline(__always)
    private static func escapeLength(_ word: UInt64) -> Int {
        guard word & 0xff == 0x5c else { return 0 }
        let letter = word >> 8 & 0xff
        // Zeros in place of what is no part of the escape.
        if letter == 0x75 { return JSONWord.digits(word >> 16 & 0xffff_ffff | 0x3030_3030_0000_0000) == nil ? 0 : 6 }
        let letters = letter < 0x40 ? shortEscapes.low : letter < 0x80 ? shortEscapes.high : 0
        return letters >> (letter & 0x3f) & 1 == 1 ? 2 : 0
    }

    /// What may follow a backslash alone, `"` and `/` of 0...63 and `\`, `b`, `f`, `n`, `r` and `t` of 64...127: a bit each.
    @inline(__always)
    private static var shortEscapes: (low: UInt64, high: UInt64) { (0x0000_8004_0000_0000, 0x0014_4044_1000_0000) }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        guard index &+ 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        switch bytes[index &+ 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: index &+= 2
        case 0x75:
            guard index &+ 6 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
            for offset in 2..<6 where hexadecimal(bytes[index &+ offset]) == nil {
                throw JSONError(.invalidEscape, at: index)
            }
            // A surrogate escape without its partner is ASCII and passes as it is: Python writes and reads it.
            index &+= 6
        default: throw JSONError(.invalidEscape, at: index)
        }
    }

    /// Accepts characters beyond ASCII, one after the other; the first one has been seen.
    @inline(__always)
    private mutating func multiByteRun(_ bytes: Span<UInt8>) throws(JSONError) {
        while index &+ 8 <= bytes.count {
            let length = JSONWord.multiByteLength(JSONWord.load(bytes, at: index))
            guard length > 0 else { break }
            index &+= length
        }
        if index < bytes.count, bytes[index] >= 0x80 { try multiByteScalar(bytes[index], bytes) }
    }

    /// The same, with a copy of them.
    @inline(__always)
    private mutating func copyMultiByteRun(
        _ bytes: Span<UInt8>,
        _ output: inout OutputSpan<UInt8>
    ) throws(JSONError) {
        while index &+ 8 <= bytes.count {
            let word = JSONWord.load(bytes, at: index)
            let length = JSONWord.multiByteLength(word)
            guard length > 0 else { break }
            // There is room: what was read so far gave no more bytes than it had.
            output.append(word: word, keeping: length)
            index &+= length
        }
        guard index < bytes.count, bytes[index] >= 0x80 else { return }
        let start = index
        try multiByteScalar(bytes[index], bytes)
        for position in start..<index { output.append(bytes[position]) }
    }

    /// Accepts exactly the well-formed sequences of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
    private mutating func multiByteScalar(_ lead: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xc2...0xdf: (second, length) = (0x80...0xbf, 2)
        case 0xe0: (second, length) = (0xa0...0xbf, 3)
        case 0xed: (second, length) = (0x80...0x9f, 3)
        case 0xe1...0xef: (second, length) = (0x80...0xbf, 3)
        case 0xf0: (second, length) = (0x90...0xbf, 4)
        case 0xf1...0xf3: (second, length) = (0x80...0xbf, 4)
        case 0xf4: (second, length) = (0x80...0x8f, 4)
        default: throw JSONError(.invalidUTF8, at: index)
        }
        guard index &+ length <= bytes.count, second.contains(bytes[index &+ 1]) else {
            throw JSONError(.invalidUTF8, at: index)
        }
        for offset in 2..<max(2, length) where bytes[index &+ offset] & 0xc0 != 0x80 {
            throw JSONError(.invalidUTF8, at: index)
        }
        index &+= length
    }

    mutating func number(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = index
        if bytes[index] == 0x2d { index &+= 1 }
        if index < bytes.count, bytes[index] == 0x49 { throw JSONError(.notANumber, at: start) }
        if index < bytes.count, bytes[index] == 0x30 { index &+= 1 } else { try digits(bytes, start) }
        if index < bytes.count, bytes[index] == 0x2e {
            index &+= 1
            try digits(bytes, start)
        }
        guard index < bytes.count, bytes[index] | 0x20 == 0x65 else { return }
        index &+= 1
        if index < bytes.count, bytes[index] == 0x2b || bytes[index] == 0x2d { index &+= 1 }
        try digits(bytes, start)
    }

    private mutating func digits(_ bytes: Span<UInt8>, _ start: Int) throws(JSONError) {
        let first = index
        while index < bytes.count, bytes[index] &- 0x30 < 10 { index &+= 1 }
        guard index > first else { throw JSONError(.invalidNumber, at: start) }
    }
}

/// The value of a hexadecimal digit.
@inline(__always)
func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}
