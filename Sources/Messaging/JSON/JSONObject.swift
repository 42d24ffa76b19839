// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Reading the outermost members of a JSON object.
public enum JSONObject {
    /// Validates keyword arguments: one JSON object, no key of the outermost object twice; empty input is `{}`.
    ///
    /// Keys are compared as the bytes they stand for: `"a"` and `"\u0061"` are the same key, keys that differ only by
    /// Unicode normalisation are not.
    ///
    /// - Throws: `JSONError` with the byte offset of the defect.
    public static func arguments(_ bytes: [UInt8]) throws(JSONError) -> JSONText {
        guard !bytes.isEmpty else { return .emptyObject }
        let span = bytes.span
        var scanner = JSONScanner()
        var keys = JSONKeySet()
        scanner.skipWhitespace(span)
        let start = scanner.index
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.member(span)
            guard keys.insert(member.key, span) else {
                throw JSONError(.duplicateKey, at: member.key.lowerBound - 1)
            }
            more = try scanner.hasNextMember(span)
        }
        let end = scanner.index
        try scanner.end(span)
        return JSONText(validated: bytes[start..<end])
    }

    /// The members of an object in their order, keys unescaped.
    static func members(of bytes: ArraySlice<UInt8>) throws(JSONError) -> [(key: String, value: JSONText)] {
        let span = bytes.span
        var scanner = JSONScanner()
        var members: [(key: String, value: JSONText)] = []
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.member(span)
            let key = try JSONString.unescape(span, member.key)
            let value = (bytes.startIndex + member.value.lowerBound)..<(bytes.startIndex + member.value.upperBound)
            members.append((String(decoding: key, as: UTF8.self), JSONText(validated: bytes[value])))
            more = try scanner.hasNextMember(span)
        }
        return members
    }
}

/// The keys of one object seen so far, by the bytes they stand for.
private struct JSONKeySet {
    private static let fewMaximum = 8
    private var few = InlineArray<8, Range<Int>>(repeating: 0..<0)
    private var fewCount = 0
    private var many: Set<ArraySlice<UInt8>>?
    private var hasEscapes = false

    /// Adds a key; false when it was there before.
    mutating func insert(_ key: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        hasEscapes = hasEscapes || key.contains { bytes[$0] == 0x5c }
        if many == nil, !hasEscapes, fewCount < Self.fewMaximum {
            for index in 0..<fewCount where Self.areEqual(few[index], key, bytes) { return false }
            few[fewCount] = key
            fewCount += 1
            return true
        }
        var seen = many ?? Set((0..<fewCount).map { Self.resolved(few[$0], bytes) })
        // Taken out while it changes: a second reference would copy the whole set.
        many = nil
        let isNew = seen.insert(Self.resolved(key, bytes)).inserted
        many = seen
        return isNew
    }

    private static func areEqual(_ left: Range<Int>, _ right: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        left.count == right.count
            && (0..<left.count).allSatisfy { bytes[left.lowerBound + $0] == bytes[right.lowerBound + $0] }
    }

    private static func resolved(_ key: Range<Int>, _ bytes: Span<UInt8>) -> ArraySlice<UInt8> {
        // A key with a lone surrogate cannot be UTF-8: its raw bytes stand for it, which no resolved key can equal.
        if let content = try? JSONString.unescape(bytes, key) { return content[...] }
        return key.map { bytes[$0] }[...]
    }
}
