// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// One message of a reply queue, opened: a result, a failure or a heartbeat.
public struct ReplyEnvelope: Sendable {
    /// What a failure string says.
    public indirect enum Failure: Sendable, Hashable {
        /// The exception that the server raised.
        case exception(RemoteError)
        /// Nothing: it is no JSON object.
        case unreadable
    }

    /// The call that it belongs to; nil when the identifier is none of ours.
    public var messageID: UniqueID?
    /// The result; JSON null where the server sent null or nothing.
    public var result: JSONText
    /// How the call failed; nil where there is no failure string, or an empty one.
    public var failure: Failure?
    /// Whether this is the last message of the call.
    public var isEnding: Bool

    /// Whether the message only says that the server still works.
    public var isHeartbeat: Bool { !isEnding && failure == nil && result == .null }

    /// Whether it says by itself how its call has ended, whatever came before it.
    public var isWholeAnswer: Bool { isEnding && (failure != nil || result != .null) }

    /// Opens the body of a reply (`oslo_messaging._drivers.common.deserialize_msg`).
    ///
    /// Both layers are validated. A body without the envelope's two keys is itself the message (format 1.0). If a key
    /// is given twice the last one counts, as in Python.
    ///
    /// - Throws: `ReplyEnvelopeError` when the body is no reply; the call it belongs to is then unknown.
    public init(_ body: [UInt8]) throws(ReplyEnvelopeError) {
        do throws(JSONError) {
            self = try Self.open(body)
        } catch {
            throw ReplyEnvelopeError(kind: .malformed, reason: "\(error)", messageID: Self.salvageMessageID(body))
        }
    }

    private static func open(_ body: [UInt8]) throws(JSONError) -> ReplyEnvelope {
        guard !body.isEmpty else { throw JSONError(.unexpectedEnd, at: 0) }
        if let usual = usual(body.span) { return usual }
        return try read(try MessageEnvelope.open(body, takesPythonConstants: false))
    }

    private static func read(_ inner: [UInt8]) throws(JSONError) -> ReplyEnvelope {
        let span = inner.span
        var reply = ReplyEnvelope(messageID: nil, result: .null, failure: nil, isEnding: false)
        var scanner = JSONScanner()
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.member(span)
            try reply.take(member, span, inner)
            more = try scanner.hasNextMember(span)
        }
        try scanner.end(span)
        return reply
    }

    init(messageID: UniqueID?, result: JSONText, failure: Failure?, isEnding: Bool) {
        self.messageID = messageID
        self.result = result
        self.failure = failure
        self.isEnding = isEnding
    }

    private mutating func take(_ member: JSONMember, _ bytes: Span<UInt8>, _ inner: [UInt8]) throws(JSONError) {
        let (key, value) = (member.key, member.value)
        if JSONScanner.equals(bytes, key, "result") {
            result = JSONText(validated: inner[value])
        } else if JSONScanner.equals(bytes, key, "_msg_id") {
            messageID = UniqueID(
                hexadecimal: bytes,
                (value.lowerBound + 1)..<max(value.lowerBound + 1, value.upperBound - 1)
            )
        } else if JSONScanner.equals(bytes, key, "ending") {
            isEnding = bytes[value.lowerBound] == 0x74
        } else if JSONScanner.equals(bytes, key, "failure") {
            failure = try Self.failureText(bytes, value).map(Failure.init)
        }
    }

    private static func failureText(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(JSONError) -> [UInt8]? {
        switch bytes[value.lowerBound] {
        case 0x22:
            value.count == 2 ? nil : try JSONString.unescape(bytes, (value.lowerBound + 1)..<(value.upperBound - 1))
        // What is false in Python counts as no failure; any other value is a failure that cannot be decoded.
        case 0x6e, 0x66: nil
        default: value.map { bytes[$0] }
        }
    }
}

extension ReplyEnvelope.Failure {
    /// Reads a failure string, resolved to its JSON text.
    init(_ text: [UInt8]) {
        if let exception = try? RemoteError(failure: text) {
            self = .exception(exception)
        } else {
            self = .unreadable
        }
    }
}

extension ReplyEnvelope {
    /// The same reply, which keeps nothing of the message that it came in.
    package var copied: ReplyEnvelope {
        var reply = self
        reply.result = result.copied
        if case .exception(let exception) = failure { reply.failure = .exception(exception.copied) }
        return reply
    }
}
