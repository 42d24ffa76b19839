// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Writes the body of a request: the message as a JSON string inside oslo's 2.0 envelope.
///
/// Keys stand in the order in which oslo.messaging emits them: `method`, `args`, `namespace`, `version`, `_msg_id`,
/// `_reply_q`, `_timeout`, `_unique_id`, `_context_*`. The argument bytes are escaped once and otherwise untouched.
public enum RequestEnvelope {
    /// What a call carries and a cast does not.
    public struct Reply: Sendable {
        /// The identifier that the reply repeats.
        public var messageID: UniqueID
        /// The queue that the reply goes to, or what its name begins with.
        public var queue: String
        /// What its name ends with; nil when `queue` is all of it.
        public var digits: UniqueID?

        /// Names where the reply to a call goes.
        public init(messageID: UniqueID, queue: String, digits: UniqueID? = nil) {
            self.messageID = messageID
            self.queue = queue
            self.digits = digits
        }
    }

    /// The body of a call (`reply` given) or a cast.
    public static func encode(_ request: RPCRequest, uniqueID: UniqueID, reply: Reply?) -> [UInt8] {
        [UInt8].filled(capacity: capacity(request, reply)) { output in
            output.append(ascii: #"{"oslo.version": "2.0", "oslo.message": "{\"method\": "#)
            output.append(innerString: request.method)
            output.append(ascii: #", \"args\": "#)
            JSONString.escape(request.arguments.bytes.span, into: &output)
            append(request.target, to: &output)
            if let reply { append(reply, monitor: request.callMonitorTimeout, to: &output) }
            output.append(ascii: #", \"_unique_id\": \""#)
            uniqueID.append(to: &output)
            output.append(ascii: #"\""#)
            if let bytes = request.context.shared?.enveloped { output.append(all: bytes.span) }
            append(request.context.entries, to: &output)
            output.append(ascii: #"}"}"#)
        }
    }

    /// The entries of a context as they stand in the body.
    static func bytes(of entries: [RequestContext.Entry]) -> [UInt8] {
        [UInt8].filled(capacity: capacity(entries)) { output in append(entries, to: &output) }
    }

    private static func append(_ entries: [RequestContext.Entry], to output: inout OutputSpan<UInt8>) {
        for index in entries.indices {
            // By index: no entry is copied.
            let value = entries[index].value
            output.append(ascii: #", \"_context_"#)
            output.append(innerContent: entries[index].key)
            output.append(ascii: #"\": "#)
            JSONString.escape(value.bytes.span, into: &output)
        }
    }

    private static func append(_ target: Target, to output: inout OutputSpan<UInt8>) {
        if let namespace = target.namespace {
            output.append(ascii: #", \"namespace\": "#)
            output.append(innerString: namespace)
        }
        if let version = target.version {
            output.append(ascii: #", \"version\": "#)
            output.append(innerString: version)
        }
    }

    private static func append(_ reply: Reply, monitor: Duration?, to output: inout OutputSpan<UInt8>) {
        output.append(ascii: #", \"_msg_id\": \""#)
        reply.messageID.append(to: &output)
        output.append(ascii: #"\", \"_reply_q\": \""#)
        output.append(innerContent: reply.queue)
        reply.digits?.append(to: &output)
        output.append(ascii: #"\", \"_timeout\": "#)
        if let monitor {
            for byte in seconds(monitor).utf8 { output.append(byte) }
        } else {
            output.append(ascii: "null")
        }
    }

    /// Seconds as Python writes them: an integer where they are one, otherwise a float.
    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds != 0 else { return String(seconds) }
        return String(Double(seconds) + Double(attoseconds) / 1e18)
    }

    /// Names up to this size are not looked at twice.
    private static let smallName = 64

    /// The most bytes that a string of the inner message takes.
    static func innerCapacity(_ text: String) -> Int {
        let count = text.utf8.count
        guard count > smallName else { return count * OutputSpan<UInt8>.innerBytesPerByte }
        let bytes = text.utf8.span
        return bytes.isPlainText ? bytes.count : bytes.count * OutputSpan<UInt8>.innerBytesPerByte
    }

    private static func capacity(_ entries: [RequestContext.Entry]) -> Int {
        var capacity = 0
        for entry in entries {
            capacity += 32 + innerCapacity(entry.key)
            capacity += JSONString.escapedCapacity(entry.value)
        }
        return capacity
    }

    /// The most bytes that the body takes.
    private static func capacity(_ request: RPCRequest, _ reply: Reply?) -> Int {
        // What is the same for all requests takes fewer bytes than 300.
        var capacity = 320 + innerCapacity(request.method)
        if let reply { capacity += innerCapacity(reply.queue) + 32 }
        if let namespace = request.target.namespace { capacity += innerCapacity(namespace) }
        if let version = request.target.version { capacity += innerCapacity(version) }
        if let shared = request.context.shared { capacity += shared.enveloped.count }
        return capacity + self.capacity(request.context.entries) + JSONString.escapedCapacity(request.arguments)
    }
}

extension OutputSpan<UInt8> {
    /// The most bytes that one byte of a string of the inner message takes: `\\u001f`.
    static var innerBytesPerByte: Int { 7 }

    /// Appends a JSON string of the inner message, escaped once more for the envelope, quotes included.
    mutating func append(innerString text: String) {
        append(ascii: #"\""#)
        append(innerContent: text)
        append(ascii: #"\""#)
    }

    /// Appends the content of a JSON string of the inner message, escaped once more for the envelope.
    mutating func append(innerContent text: String) {
        let bytes = text.utf8.span
        guard !bytes.isPlainText else { return append(all: bytes) }
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case 0x22: append(ascii: #"\\\""#)
            case 0x5c: append(ascii: #"\\\\"#)
            case 0x20...: append(byte)
            default: append(innerControl: byte)
            }
        }
    }

    private mutating func append(innerControl byte: UInt8) {
        append(ascii: #"\\"#)
        if let letter = JSONString.escapeLetter(byte) { return append(letter) }
        append(ascii: "u00")
        append(hexadecimalDigit(byte >> 4))
        append(hexadecimalDigit(byte & 15))
    }
}

extension Span<UInt8> {
    /// Whether no byte has to be escaped in a JSON string.
    @inline(__always)
    var isPlainText: Bool {
        var index = 0
        while index &+ 8 <= count {
            guard JSONWord.special(JSONWord.load(self, at: index)) == 0 else { return false }
            index &+= 8
        }
        while index < count {
            guard self[index] >= 0x20, self[index] != 0x22, self[index] != 0x5c else { return false }
            index &+= 1
        }
        return true
    }
}
