// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A validating, byte-exact scanner of JSON texts (RFC 8259): it finds the ranges of values and changes nothing.
///
/// Numbers, key order, escapes and white space stay as they were sent. The scan is iterative, so a deeply nested text
/// costs no stack. The scanner holds a position only; the bytes are passed to each call.
struct JSONScanner {
    /// The deepest nesting any text may have; each level is one bit of the stack.
    static let depthLimit = 256

    /// The offset of the next byte.
    var index = 0
    /// The deepest nesting that this scan accepts.
    let maximumDepth: Int
    /// Whether `NaN`, `Infinity` and `-Infinity` count as numbers, as Python writes them.
    let takesPythonConstants: Bool

    init(maximumDepth: Int = JSONScanner.depthLimit, takesPythonConstants: Bool = false) {
        self.maximumDepth = min(maximumDepth, JSONScanner.depthLimit)
        self.takesPythonConstants = takesPythonConstants
    }

    @inline(__always)
    mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        // Most texts have none.
        while index < bytes.count, bytes[index] <= 0x20 {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index &+= 1
            default: return
            }
        }
    }

    @inline(__always)
    func peek(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        return bytes[index]
    }

    /// The next byte that is no white space; it remains the next one.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        skipWhitespace(bytes)
        return try peek(bytes)
    }

    @inline(__always)
    mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        guard try peek(bytes) == byte else { throw JSONError(.unexpectedByte, at: index) }
        index &+= 1
    }

    /// Expects nothing but white space up to the end.
    mutating func end(_ bytes: Span<UInt8>) throws(JSONError) {
        skipWhitespace(bytes)
        guard index == bytes.count else { throw JSONError(.unexpectedByte, at: index) }
    }

    /// Validates one value and returns its range without the white space around it.
    mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        var nesting = JSONNesting()
        skipWhitespace(bytes)
        let start = index
        // A local copy, which stays in a register: only what is unusual needs the scanner's.
        var position = start
        var byte = try next(bytes, &position)
        while true {
            if byte == 0x5b || byte == 0x7b {
                guard nesting.depth < maximumDepth else { throw JSONError(.tooDeep, at: position) }
                position &+= 1
                let first = try next(bytes, &position)
                if first != byte &+ 2 {
                    nesting.push(isObject: byte == 0x7b)
                    byte = byte == 0x7b ? try valueOfMember(bytes, &position) : first
                    continue
                }
                position &+= 1
            } else {
                try scalar(byte, bytes, &position)
            }
            repeat {
                guard nesting.depth > 0 else {
                    index = position
                    return start..<position
                }
                byte = try next(bytes, &position)
                guard byte != 0x2c else { break }
                guard byte == (nesting.isObject ? 0x7d : 0x5d) else { throw JSONError(.unexpectedByte, at: position) }
                position &+= 1
                nesting.pop()
            } while true
            position &+= 1
            byte = nesting.isObject ? try valueOfMember(bytes, &position) : try next(bytes, &position)
        }
    }

    /// Reads a key and what separates it from its value; returns the value's first byte.
    @inline(__always)
    private mutating func valueOfMember(_ bytes: Span<UInt8>, _ position: inout Int) throws(JSONError) -> UInt8 {
        guard try next(bytes, &position) == 0x22 else { throw JSONError(.unexpectedByte, at: position) }
        try string(bytes, &position)
        guard try next(bytes, &position) == 0x3a else { throw JSONError(.unexpectedByte, at: position) }
        position &+= 1
        return try next(bytes, &position)
    }

    /// The next byte that is no white space; the position stays at it.
    @inline(__always)
    private mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        let byte = bytes[position]
        if byte > 0x20 { return byte }
        index = position
        let other = try next(bytes)
        position = index
        return other
    }

    /// Reads a string; the position is at its opening quote.
    @inline(__always)
    private mutating func string(_ bytes: Span<UInt8>, _ position: inout Int) throws(JSONError) {
        position &+= 1
        if position &+ 8 <= bytes.count {
            let word = JSONWord.load(bytes, at: position)
            let stop = (JSONWord.special(word) | JSONWord.nonASCII(word)).trailingZeroBitCount & 0x78
            // Most are short and plain.
            if stop < 64, UInt8(truncatingIfNeeded: word &>> UInt64(stop & 0x38)) == 0x22 {
                position &+= stop >> 3 &+ 1
                return
            }
        }
        index = position
        try restOfString(bytes)
        position = index
    }

    @inline(__always)
    private mutating func scalar(_ byte: UInt8, _ bytes: Span<UInt8>, _ position: inout Int) throws(JSONError) {
        if byte == 0x22 { return try string(bytes, &position) }
        // Most numbers have one digit or a few.
        if byte &- 0x30 < 10 {
            var end = position &+ 1
            while byte != 0x30, end < bytes.count, bytes[end] &- 0x30 < 10 { end &+= 1 }
            if end < bytes.count, bytes[end] != 0x2e, bytes[end] | 0x20 != 0x65 {
                position = end
                return
            }
        }
        index = position
        try scalar(byte, bytes)
        position = index
    }

    private mutating func scalar(_ byte: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        switch byte {
        case 0x74: try literal("true", bytes)
        case 0x66: try literal("false", bytes)
        case 0x6e: try literal("null", bytes)
        case 0x2d where takesPythonConstants && index &+ 1 < bytes.count && bytes[index &+ 1] == 0x49:
            try literal("-Infinity", bytes)
        case 0x2d, 0x30...0x39: try number(bytes)
        case 0x4e where takesPythonConstants: try literal("NaN", bytes)
        case 0x49 where takesPythonConstants: try literal("Infinity", bytes)
        case 0x4e, 0x49: throw JSONError(.notANumber, at: index)
        default: throw JSONError(.unexpectedByte, at: index)
        }
    }

    private mutating func literal(_ text: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
        let length = text.utf8CodeUnitCount
        guard index &+ length <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        for offset in 0..<length where bytes[index &+ offset] != text.byte(at: offset) {
            throw JSONError(.unexpectedByte, at: index &+ offset)
        }
        index &+= length
    }
}

/// Which containers are open: one bit a level, set for an object.
struct JSONNesting {
    /// The innermost levels, the last one in the lowest bit; when the word is full its 64 levels move outside.
    private var inner: UInt64 = 0
    private var outside: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private(set) var depth = 0

    @inline(__always)
    var isObject: Bool { inner & 1 == 1 }

    @inline(__always)
    mutating func push(isObject: Bool) {
        if depth & 63 == 0 { moveOutside() }
        inner = inner << 1 | (isObject ? 1 : 0)
        depth &+= 1
    }

    @inline(__always)
    mutating func pop() {
        depth &-= 1
        inner >>= 1
        if depth & 63 == 0 { moveInside() }
    }

    @inline(__always)
    private mutating func moveOutside() {
        switch depth >> 6 {
        case 1: outside.0 = inner
        case 2: outside.1 = inner
        case 3: outside.2 = inner
        default: break
        }
    }

    @inline(__always)
    private mutating func moveInside() {
        switch depth >> 6 {
        case 1: inner = outside.0
        case 2: inner = outside.1
        case 3: inner = outside.2
        default: inner = 0
        }
    }
}

extension StaticString {
    /// The byte at an offset that the caller has checked against `utf8CodeUnitCount`.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        // A static string's storage lives as long as the process; the offset is below its count.
        unsafe utf8Start[offset]
    }

    /// The eight bytes at an offset, which the caller has checked too.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        unsafe UnsafeRawPointer(utf8Start).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
