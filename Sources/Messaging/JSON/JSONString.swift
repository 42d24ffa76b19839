// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Escaping and unescaping the content of JSON strings, byte by byte, nothing normalised.
enum JSONString {
    /// Appends text as the content of a JSON string: `"`, `\` and control characters are escaped, the rest is copied.
    static func escape(_ text: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        var index = 0
        while index < text.count {
            if index &+ 8 <= text.count {
                let word = JSONWord.load(text, at: index)
                let stop = JSONWord.special(word)
                if stop == 0 {
                    output.append(word: word)
                    index &+= 8
                    continue
                }
                if JSONWord.control(word) == 0, output.append(escaping: word, JSONWord.quoteOrBackslash(word)) {
                    index &+= 8
                    continue
                }
                if stop.nonzeroBitCount > 2 {
                    for offset in 0..<8 { appendEscaped(text[index &+ offset], &output) }
                    index &+= 8
                    continue
                }
                let run = stop.trailingZeroBitCount >> 3
                // There is room: no byte of the text takes less than one.
                output.append(word: word, keeping: run)
                index &+= run
            }
            appendEscaped(text[index], &output)
            index &+= 1
        }
    }

    /// Texts up to this size are not looked at byte by byte.
    private static let smallText = 1024

    /// The most bytes that `escape` writes: a control character takes six.
    static func escapedCapacity(_ text: Span<UInt8>) -> Int {
        if text.count <= smallText { return smallCapacity(text) }
        var (index, extra) = (0, 0)
        while index &+ 8 <= text.count {
            let word = JSONWord.load(text, at: index)
            index &+= 8
            if JSONWord.special(word) == 0 { continue }
            extra &+= JSONWord.count(JSONWord.quoteOrBackslash(word)) &+ 5 &* JSONWord.count(JSONWord.control(word))
        }
        return text.count &+ extra &+ (text.count &- index) &* 5
    }

    /// The most bytes that `escape` writes for a JSON text. Its only control characters are white space, which takes
    /// two bytes each, as quotation marks do.
    static func escapedCapacity(_ text: JSONText) -> Int {
        text.bytes.count <= smallText ? text.bytes.count &* 2 : escapedCapacity(text.bytes.span)
    }

    /// Whatever may have to be escaped counts as a control character; the marks of a word are never too few.
    private static func smallCapacity(_ text: Span<UInt8>) -> Int {
        var (index, capacity) = (0, 0)
        while index &+ 8 <= text.count {
            capacity &+= 8 &+ 5 &* JSONWord.special(JSONWord.load(text, at: index)).nonzeroBitCount
            index &+= 8
        }
        return capacity &+ (text.count &- index) &* 6
    }

    @inline(__always)
    private static func appendEscaped(_ byte: UInt8, _ output: inout OutputSpan<UInt8>) {
        switch byte {
        case 0x22, 0x5c:
            output.append(0x5c)
            output.append(byte)
        case 0x20...: output.append(byte)
        default: appendControl(byte, &output)
        }
    }

    private static func appendControl(_ byte: UInt8, _ output: inout OutputSpan<UInt8>) {
        output.append(0x5c)
        guard let letter = escapeLetter(byte) else {
            for digit in [0x75, 0x30, 0x30, hexadecimalDigit(byte >> 4), hexadecimalDigit(byte & 15)] as [UInt8] {
                output.append(digit)
            }
            return
        }
        output.append(letter)
    }

    /// The letter after the backslash for the control characters that have one.
    static func escapeLetter(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x08: 0x62
        case 0x09: 0x74
        case 0x0a: 0x6e
        case 0x0c: 0x66
        case 0x0d: 0x72
        default: nil
        }
    }

    /// A key, escapes resolved, to switch over; one that cannot be UTF-8 is empty.
    static func key(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ArraySlice<UInt8> {
        if hasEscapes(bytes, range) { return (try? unescape(bytes, range))?[...] ?? [] }
        // No key that anybody switches over is longer.
        guard range.count <= 64 else { return [] }
        return range.map { bytes[$0] }[...]
    }

    /// Whether a key stands for this text of ASCII characters, escapes resolved.
    static func isKey(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        // No key is shorter than what it stands for.
        guard range.count >= text.utf8CodeUnitCount else { return false }
        return hasEscapes(bytes, range) ? text ~= key(bytes, range) : JSONScanner.equals(bytes, range, text)
    }

    /// Whether anything in the content of a string is escaped.
    static func hasEscapes(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index &+ 8 <= range.upperBound {
            if JSONWord.backslash(JSONWord.load(bytes, at: index)) != 0 { return true }
            index &+= 8
        }
        while index < range.upperBound {
            if bytes[index] == 0x5c { return true }
            index &+= 1
        }
        return false
    }

    /// The content of a validated JSON string with its escapes resolved, as UTF-8.
    ///
    /// - Throws: `loneSurrogate` where an escape cannot be UTF-8; the offset is relative to the whole text.
    static func unescape(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> [UInt8] {
        // Resolving an escape never lengthens the text: \uXXXX (6 bytes) gives 3 bytes at the most.
        try [UInt8].filled(capacity: range.count) { (output: inout OutputSpan<UInt8>) throws(JSONError) in
            var index = range.lowerBound
            while index < range.upperBound {
                if index &+ 8 <= range.upperBound {
                    let word = JSONWord.load(bytes, at: index)
                    let stop = JSONWord.backslash(word)
                    if stop == 0 {
                        output.append(word: word)
                        index &+= 8
                        continue
                    }
                    let run = stop.trailingZeroBitCount >> 3
                    // There is room: what was read so far gave no more bytes than it had.
                    output.append(word: word, keeping: run)
                    index &+= run
                }
                guard bytes[index] == 0x5c else {
                    output.append(bytes[index])
                    index &+= 1
                    continue
                }
                index = try appendUnescaped(bytes, index, range.upperBound, &output)
            }
        }
    }

    /// Appends what the escape at an index stands for; returns the index after it.
    @inline(__always)
    static func appendUnescaped(
        _ bytes: Span<UInt8>,
        _ index: Int,
        _ end: Int,
        _ output: inout OutputSpan<UInt8>
    ) throws(JSONError) -> Int {
        switch bytes[index &+ 1] {
        case 0x6e: output.append(0x0a)
        case 0x72: output.append(0x0d)
        case 0x74: output.append(0x09)
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0c)
        case 0x75: return try appendUnicode(bytes, index, end, &output)
        case let byte: output.append(byte)
        }
        return index &+ 2
    }

    private static func appendUnicode(
        _ bytes: Span<UInt8>,
        _ index: Int,
        _ end: Int,
        _ output: inout OutputSpan<UInt8>
    ) throws(JSONError) -> Int {
        var code = codeUnit(bytes, index &+ 2)
        var next = index &+ 6
        if code & 0xfc00 == 0xd800, next &+ 6 <= end, bytes[next] == 0x5c, bytes[next &+ 1] == 0x75 {
            let low = codeUnit(bytes, next &+ 2)
            if low & 0xfc00 == 0xdc00 {
                code = 0x10000 &+ (code & 0x3ff) << 10 &+ (low & 0x3ff)
                next &+= 6
            }
        }
        guard let scalar = Unicode.Scalar(code) else { throw JSONError(.loneSurrogate, at: index) }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { output.append(byte) }
        return next
    }

    private static func codeUnit(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        var value: UInt32 = 0
        for offset in 0..<4 { value = value << 4 | UInt32(hexadecimal(bytes[index &+ offset]) ?? 0) }
        return value
    }
}

/// The ASCII code of a hexadecimal digit, in lower case.
@inline(__always)
func hexadecimalDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
