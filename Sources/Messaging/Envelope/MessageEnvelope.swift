// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The envelope 2.0 around a message (`oslo_messaging._drivers.common.serialize_msg` and `deserialize_msg`).
public enum MessageEnvelope {
    /// Validates a body and extracts the message from it.
    ///
    /// A body without both of the envelope's keys is itself the message (format 1.0); an empty body is an empty message.
    ///
    /// - Parameter takesPythonConstants: whether `NaN`, `Infinity` and `-Infinity` count as numbers, as in Python.
    /// - Throws: `JSONError` when the body is no JSON object, or its envelope is not of version 2.0.
    public static func open(_ body: [UInt8], takesPythonConstants: Bool) throws(JSONError) -> [UInt8] {
        guard !body.isEmpty else { return [0x7b, 0x7d] }
        let span = body.span
        if let message = openUsual(span) { return message }
        var version: Range<Int>?
        var message: Range<Int>?
        var scanner = JSONScanner(takesPythonConstants: takesPythonConstants)
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.member(span)
            if JSONScanner.equals(span, member.key, "oslo.message") { message = member.value }
            if JSONScanner.equals(span, member.key, "oslo.version") { version = member.value }
            more = try scanner.hasNextMember(span)
        }
        try scanner.end(span)
        guard let version, let message else { return body }
        try checkVersion(span, version)
        return try unwrap(span, message)
    }

    /// Puts a message into an envelope.
    public static func seal(_ message: [UInt8]) -> [UInt8] {
        [UInt8].filled(capacity: JSONString.escapedCapacity(message.span) + 48) { output in
            output.append(ascii: #"{"oslo.version": "2.0", "oslo.message": ""#)
            JSONString.escape(message.span, into: &output)
            output.append(ascii: #""}"#)
        }
    }

    /// What oslo.messaging and this library write before and after the message.
    private static let usualStart: StaticString = #"{"oslo.version": "2.0", "oslo.message": ""#

    /// Opens an envelope that is written in the usual way, looking at each byte once; nil for any other, which is left
    /// to the scanner that knows all of JSON.
    private static func openUsual(_ body: Span<UInt8>) -> [UInt8]? {
        let start = usualStart.utf8CodeUnitCount
        guard body.count >= start + 2, JSONScanner.equals(body, 0..<start, usualStart) else { return nil }
        var scanner = JSONScanner()
        scanner.index = start - 1
        let message = try? [UInt8].filled(capacity: body.count - start) {
            (output: inout OutputSpan<UInt8>) throws(JSONError) in try scanner.string(body, into: &output)
        }
        guard scanner.index + 1 == body.count, body[scanner.index] == 0x7d else { return nil }
        return message
    }

    private static func checkVersion(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) {
        // Readers take exactly 2.0: a later minor or a revision is refused by Python too.
        guard JSONScanner.equals(bytes, range, #""2.0""#) || JSONScanner.equals(bytes, range, #""2.0.0""#) else {
            throw JSONError(.unexpectedByte, at: range.lowerBound)
        }
    }

    private static func unwrap(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> [UInt8] {
        guard bytes[range.lowerBound] == 0x22 else { throw JSONError(.unexpectedByte, at: range.lowerBound) }
        return try JSONString.unescape(bytes, (range.lowerBound + 1)..<(range.upperBound - 1))
    }
}
