// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// One member of a JSON object, as ranges of the scanned text.
struct JSONMember {
    /// The content of the key, escapes untouched.
    var key: Range<Int>
    /// The value.
    var value: Range<Int>
}

extension JSONScanner {
    /// Opens an object; false when it is empty (then it is closed as well).
    mutating func openObject(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        skipWhitespace(bytes)
        guard try peek(bytes) == 0x7b else { throw JSONError(.notAnObject, at: index) }
        index &+= 1
        skipWhitespace(bytes)
        guard try peek(bytes) == 0x7d else { return true }
        index &+= 1
        return false
    }

    /// Reads the next member of an opened object.
    mutating func member(_ bytes: Span<UInt8>) throws(JSONError) -> JSONMember {
        skipWhitespace(bytes)
        let key = try string(bytes)
        skipWhitespace(bytes)
        try expect(0x3a, bytes)
        return JSONMember(key: key, value: try value(bytes))
    }

    /// Reads the next member of an opened object of a text that was validated before.
    mutating func validatedMember(_ bytes: Span<UInt8>) throws(JSONError) -> JSONMember {
        skipWhitespace(bytes)
        try expect(0x22, bytes)
        let start = index
        passString(bytes)
        let key = start..<max(start, index &- 1)
        skipWhitespace(bytes)
        try expect(0x3a, bytes)
        skipWhitespace(bytes)
        return JSONMember(key: key, value: validatedValue(bytes))
    }

    /// To be called after a member: true when another follows, false when the object is closed.
    mutating func hasNextMember(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        skipWhitespace(bytes)
        switch try peek(bytes) {
        case 0x2c:
            index &+= 1
            return true
        case 0x7d:
            index &+= 1
            return false
        default: throw JSONError(.unexpectedByte, at: index)
        }
    }

    /// Whether the bytes of a range are this ASCII text.
    @inline(__always)
    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        var offset = 0
        while offset &+ 8 <= range.count {
            guard JSONWord.load(bytes, at: range.lowerBound &+ offset) == text.word(at: offset) else { return false }
            offset &+= 8
        }
        while offset < range.count {
            guard bytes[range.lowerBound &+ offset] == text.byte(at: offset) else { return false }
            offset &+= 1
        }
        return true
    }
}
