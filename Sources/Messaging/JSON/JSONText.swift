// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A validated JSON text, kept byte for byte as it was written.
///
/// Arguments and results travel as this type: nothing is parsed into a tree, so big integers, `1.0`, key order and
/// escapes survive.
public struct JSONText: Sendable, Hashable {
    /// The bytes, UTF-8, without white space around the value.
    public let bytes: ArraySlice<UInt8>

    /// Makes a text from bytes that a scanner of this module has accepted, or that were written as JSON.
    package init(validated bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// Validates one JSON value; white space around it is dropped.
    ///
    /// - Throws: `JSONError` with the byte offset of the defect.
    public init(_ bytes: [UInt8]) throws(JSONError) {
        var scanner = JSONScanner()
        let span = bytes.span
        let range = try scanner.value(span)
        try scanner.end(span)
        self.init(validated: bytes[range])
    }

    /// Validates one JSON value given as text.
    public init(_ text: String) throws(JSONError) { try self.init(Array(text.utf8)) }

    /// `null`.
    public static let null = JSONText(validated: [0x6e, 0x75, 0x6c, 0x6c])
    /// `{}`.
    public static let emptyObject = JSONText(validated: [0x7b, 0x7d])

    /// A JSON string holding this text.
    public init(string: String) {
        let content = Array(string.utf8)
        let quoted = [UInt8].filled(capacity: JSONString.escapedCapacity(content.span) + 2) { output in
            output.append(0x22)
            JSONString.escape(content.span, into: &output)
            output.append(0x22)
        }
        self.init(validated: quoted[...])
    }

    /// A JSON string from bytes that are one already: quotes around printable ASCII without anything that needs an
    /// escape.
    public init(quoted bytes: [UInt8]) {
        assert(bytes.count >= 2 && bytes.first == 0x22 && bytes.last == 0x22, "no quotes around a string")
        let content = bytes.dropFirst().dropLast()
        assert(content.allSatisfy { 0x20...0x7e ~= $0 && $0 != 0x22 && $0 != 0x5c }, "a character that needs an escape")
        self.init(validated: bytes[...])
    }

    /// The same text in memory of its own: it does not keep a longer one that it was a part of.
    package var copied: JSONText { JSONText(validated: Array(bytes)[...]) }

    /// The text as a string.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether the value is an object.
    public var isObject: Bool { bytes.first == 0x7b }

    /// The text of a JSON string value; nil for other values and for strings that are not UTF-8 (a lone surrogate).
    public var stringValue: String? {
        guard bytes.first == 0x22 else { return nil }
        let span = bytes.span
        let range = 1..<(span.count - 1)
        guard JSONString.hasEscapes(span, range) else {
            // Borrowed for the copy; a buffer takes the fast path.
            return unsafe span.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
        guard let content = try? JSONString.unescape(span, range) else { return nil }
        return String(decoding: content, as: UTF8.self)
    }

    /// The value of the last member of an object that has this key of ASCII characters; nil when there is none.
    ///
    /// Nothing is allocated for the other members, of which there may be millions.
    public func lastMember(_ key: StaticString) -> JSONText? {
        var found: Range<Int>?
        JSONObject.forEachMember(of: self) { bytes, member in
            if JSONString.isKey(bytes, member.key, key) { found = member.value }
        }
        return found.map { slice($0) }
    }

    /// The members of an object in their order, each key a JSON string as it was written; nil for other values.
    var writtenMembers: [(key: JSONText, value: JSONText)]? {
        guard isObject else { return nil }
        var members: [(key: JSONText, value: JSONText)] = []
        JSONObject.forEachMember(of: self) { _, member in
            // The range of a key is that of its content.
            let key = slice(member.key.lowerBound - 1..<member.key.upperBound + 1)
            members.append((key, slice(member.value)))
        }
        return members
    }

    /// The members of an object in their order, keys unescaped; nil for other values, and where a key cannot be UTF-8 (a lone
    /// surrogate).
    public var members: [(key: String, value: JSONText)]? {
        members(atMost: .max)
    }

    /// The members of an object in their order, keys unescaped; nil for other values, and for more members, which are
    /// then not read.
    public func members(atMost limit: Int) -> [(key: String, value: JSONText)]? {
        guard isObject else { return nil }
        return try? JSONObject.members(of: bytes, atMost: limit)
    }
}
