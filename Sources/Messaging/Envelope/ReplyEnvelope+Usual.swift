// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension ReplyEnvelope {
    // What oslo.messaging and this library write around the result of a method, byte for byte.
    private static let start: StaticString = #"{"oslo.version": "2.0", "oslo.message": "{\"result\": "#
    private static let behindResult: StaticString = #", \"failure\": null, \"ending\": true, \"_msg_id\": \""#
    private static let behindMessageID: StaticString = #"\", \"_unique_id\": \""#
    private static let end: StaticString = #"\"}"}"#
    private static let idBytes = 32

    /// Opens a reply with a result that is written in the usual way: only the result is parsed. Nil for any other,
    /// which is left to the scanner that knows all of JSON.
    static func usual(_ body: Span<UInt8>) -> ReplyEnvelope? {
        let uniqueID = body.count - end.utf8CodeUnitCount - idBytes
        let messageID = uniqueID - behindMessageID.utf8CodeUnitCount - idBytes
        let behind = messageID - behindResult.utf8CodeUnitCount
        let result = start.utf8CodeUnitCount
        guard behind >= result, JSONScanner.equals(body, 0..<result, start),
            JSONScanner.equals(body, behind..<messageID, behindResult),
            JSONScanner.equals(body, (messageID + idBytes)..<uniqueID, behindMessageID),
            JSONScanner.equals(body, (uniqueID + idBytes)..<body.count, end),
            // Otherwise it may be anything, even the end of the string.
            let id = UniqueID(hexadecimal: body, messageID..<(messageID + idBytes)),
            UniqueID(hexadecimal: body, uniqueID..<(uniqueID + idBytes)) != nil,
            let result = try? value(body.extracting(result..<behind))
        else { return nil }
        return ReplyEnvelope(messageID: id, result: result, failure: nil, isEnding: true)
    }

    /// The one value that a part of a string's content holds.
    private static func value(_ content: Span<UInt8>) throws(JSONError) -> JSONText {
        let bytes = try [UInt8].filled(capacity: content.count) {
            (output: inout OutputSpan<UInt8>) throws(JSONError) in
            var scanner = JSONScanner()
            try scanner.content(content, into: &output)
        }
        return try JSONText(bytes)
    }
}
