// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Reading the outermost members of a JSON object.
public enum JSONObject {
    /// How many keyword arguments there may be.
    public static let maximumArguments = 16_384

    /// Validates keyword arguments: one JSON object, no key of the outermost object twice, no more than
    /// `maximumArguments` members; empty input is `{}`.
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
        var count = 0
        scanner.skipWhitespace(span)
        let start = scanner.index
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.member(span)
            count += 1
            guard count <= maximumArguments else { throw JSONError(.tooManyKeys, at: member.key.lowerBound - 1) }
            guard keys.insert(member.key, span) else {
                throw JSONError(.duplicateKey, at: member.key.lowerBound - 1)
            }
            more = try scanner.hasNextMember(span)
        }
        let end = scanner.index
        try scanner.end(span)
        return JSONText(validated: bytes[start..<end])
    }

    /// The members of a validated object in their order, keys unescaped.
    ///
    /// - Throws: `loneSurrogate` for a key that cannot be UTF-8, `tooManyKeys` for more than `limit` members.
    static func members(
        of bytes: ArraySlice<UInt8>,
        atMost limit: Int
    ) throws(JSONError) -> [(key: String, value: JSONText)] {
        let span = bytes.span
        var scanner = JSONScanner()
        var members: [(key: String, value: JSONText)] = []
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.validatedMember(span)
            guard members.count < limit else { throw JSONError(.tooManyKeys, at: member.key.lowerBound - 1) }
            let key = try JSONString.unescape(span, member.key)
            let value = (bytes.startIndex + member.value.lowerBound)..<(bytes.startIndex + member.value.upperBound)
            members.append((String(decoding: key, as: UTF8.self), JSONText(validated: bytes[value])))
            more = try scanner.hasNextMember(span)
        }
        return members
    }

    /// Calls the closure with each member of a validated object as ranges of its text, in order, copying nothing.
    static func forEachMember(of object: JSONText, _ body: (Span<UInt8>, JSONMember) -> Void) {
        let span = object.bytes.span
        var scanner = JSONScanner()
        // Validated before, so none of this fails.
        guard var more = try? scanner.openObject(span) else { return }
        while more, let member = try? scanner.validatedMember(span) {
            body(span, member)
            more = (try? scanner.hasNextMember(span)) ?? false
        }
    }
}
