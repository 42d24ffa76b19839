//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Writes the body of a request: the message as a JSON string inside oslo's 2.0 envelope.
///
/// Keys stand in the order in which oslo.messaging emits them: `method`, `args`, `namespace`, `version`, `_msg_id`,
/// `_reply_q`, `_timeout`, `_unique_id`, `_context_*`. The argument bytes are escaped once and otherwise untouched.
public enum RequestEnvelope {
    /// What a call carries and a cast does not.
    public struct Reply: Sendable {
        /// The identifier that the reply repeats.
        public var messageID: UniqueID
        /// The queue that the reply goes to.
        public var queue: String

        /// Names where the reply to a call goes.
        public init(messageID: UniqueID, queue: String) {
            self.messageID = messageID
            self.queue = queue
        }
    }

    /// The body of a call (`reply` given) or a cast.
    public static func encode(_ request: RPCRequest, uniqueID: UniqueID, reply: Reply?) -> [UInt8] {
        let parts = Parts(request, uniqueID: uniqueID, reply: reply)
        let arguments = request.arguments.bytes.span
        let capacity = parts.capacity + JSONString.escapedCapacity(arguments)
        return [UInt8](capacity: capacity) { output in
            output.append(ascii: #"{"oslo.version": "2.0", "oslo.message": ""#)
            JSONString.escape(parts.head.span, into: &output)
            JSONString.escape(arguments, into: &output)
            JSONString.escape(parts.tail.span, into: &output)
            output.append(ascii: #""}"#)
        }
    }
}

/// The text before and after the arguments, not yet escaped for the envelope.
private struct Parts {
    var head: [UInt8] = []
    var tail: [UInt8] = []

    init(_ request: RPCRequest, uniqueID: UniqueID, reply: RequestEnvelope.Reply?) {
        head.reserveCapacity(64)
        tail.reserveCapacity(256)
        head.append(ascii: #"{"method": "#)
        head.append(jsonString: request.method)
        head.append(ascii: #", "args": "#)
        appendTarget(request.target)
        if let reply { appendReply(reply, monitor: request.callMonitorTimeout) }
        tail.append(ascii: #", "_unique_id": ""#)
        tail.append(contentsOf: uniqueID.digits)
        tail.append(0x22)
        for entry in request.context.entries { appendContext(entry) }
        tail.append(0x7d)
    }

    /// The bytes that the envelope around the arguments takes at the most.
    var capacity: Int {
        64 + JSONString.escapedCapacity(head.span) + JSONString.escapedCapacity(tail.span)
    }

    private mutating func appendTarget(_ target: Target) {
        if let namespace = target.namespace {
            tail.append(ascii: #", "namespace": "#)
            tail.append(jsonString: namespace)
        }
        if let version = target.version {
            tail.append(ascii: #", "version": "#)
            tail.append(jsonString: version)
        }
    }

    private mutating func appendReply(_ reply: RequestEnvelope.Reply, monitor: Duration?) {
        tail.append(ascii: #", "_msg_id": ""#)
        tail.append(contentsOf: reply.messageID.digits)
        tail.append(ascii: #"", "_reply_q": "#)
        tail.append(jsonString: reply.queue)
        tail.append(ascii: #", "_timeout": "#)
        tail.append(contentsOf: (monitor.map(Self.seconds) ?? "null").utf8)
    }

    private mutating func appendContext(_ entry: RequestContext.Entry) {
        tail.append(ascii: #", "#)
        tail.append(jsonString: "_context_" + entry.key)
        tail.append(ascii: ": ")
        tail.append(contentsOf: entry.value.bytes)
    }

    /// Seconds as Python writes them: an integer where it is one, else a float.
    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds != 0 else { return String(seconds) }
        return String(Double(seconds) + Double(attoseconds) / 1e18)
    }
}

extension [UInt8] {
    /// Appends an ASCII literal.
    mutating func append(ascii text: StaticString) {
        for offset in 0..<text.utf8CodeUnitCount { append(text.byte(at: offset)) }
    }

    /// Appends a string as a JSON string, quotes included.
    mutating func append(jsonString text: String) {
        append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5c:
                append(0x5c)
                append(byte)
            case 0x20...: append(byte)
            default: append(control: byte)
            }
        }
        append(0x22)
    }

    private mutating func append(control byte: UInt8) {
        append(0x5c)
        if let letter = JSONString.escapeLetter(byte) { return append(letter) }
        append(ascii: "u00")
        append(hexadecimalDigit(byte >> 4))
        append(hexadecimalDigit(byte & 15))
    }
}

extension OutputSpan<UInt8> {
    /// Appends an ASCII literal.
    mutating func append(ascii text: StaticString) {
        for offset in 0..<text.utf8CodeUnitCount { append(text.byte(at: offset)) }
    }
}
