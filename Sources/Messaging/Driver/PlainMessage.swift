// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A message of plain AMQP RPC: any bytes, with those AMQP properties that belong to the application.
public struct PlainMessage: Sendable, Hashable {
    /// One entry of the header table.
    public struct Header: Sendable, Hashable {
        /// The name, at most 255 bytes.
        @Bytewise public var name: String
        /// The value, as JSON: a string, a boolean, a number, null, an array or an object.
        public var value: JSONText

        /// Makes an entry.
        public init(name: String, value: JSONText) {
            self.name = name
            self.value = value
        }
    }

    /// The body, untouched.
    public var body: [UInt8]
    /// MIME type of the body.
    @Bytewise public var contentType: String?
    /// Encoding of the body.
    @Bytewise public var contentEncoding: String?
    /// The application's headers, in their order.
    public var headers: [Header]
    /// Whether it came with more headers than are read (`headers` has the first ones); a message to send has all of its
    /// own.
    public var hasMoreHeaders = false
    /// Whether a durable queue keeps it across a restart of the broker (`delivery_mode` 2).
    public var isPersistent: Bool
    /// 0 to 9; nil sends none.
    public var priority: UInt8?
    /// The application's identifier of the message.
    @Bytewise public var messageID: String?
    /// The application's type of the message.
    @Bytewise public var type: String?
    /// The publishing application.
    @Bytewise public var appID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?

    /// Makes a message; everything but the body is absent unless named.
    public init(
        body: [UInt8],
        contentType: String? = nil,
        contentEncoding: String? = nil,
        headers: [Header] = [],
        isPersistent: Bool = true,
        priority: UInt8? = nil,
        messageID: String? = nil,
        type: String? = nil,
        appID: String? = nil,
        timestamp: UInt64? = nil
    ) {
        self.body = body
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.isPersistent = isPersistent
        self.priority = priority
        self.messageID = messageID
        self.type = type
        self.appID = appID
        self.timestamp = timestamp
    }
}

extension PlainMessage.Header {
    /// Why AMQP has no form for the value, in words that follow its name; nil when it has one.
    public var defect: String? {
        value.defectAsHeader
    }

    /// How deep arrays and objects may nest in a value: deeper ones are lost by readers of AMQP, ours among them.
    fileprivate static let maximumDepth = 16
}

extension JSONText {
    /// What AMQP cannot carry is found here, so that no value is rounded, cut or left out on the way.
    ///
    /// One pass over the text, in whose order the first defect is found; nothing is taken out of it.
    fileprivate var defectAsHeader: String? {
        let span = bytes.span
        var scanner = JSONScanner()
        var depth = 0
        while scanner.index < span.count {
            switch span[scanner.index] {
            case UInt8(ascii: "\""):
                if Self.holdsHalfOfAPair(span, &scanner) { return Self.surrogate }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > PlainMessage.Header.maximumDepth { return Self.tooDeep }
                scanner.index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                scanner.index += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = scanner.index
                guard (try? scanner.number(span)) != nil else { return Self.tooLarge }
                if let defect = slice(start..<scanner.index).defectAsNumber { return defect }
            // Python's `NaN` and `Infinity`.
            case UInt8(ascii: "N"), UInt8(ascii: "I"): return Self.tooLarge
            default: scanner.index += 1
            }
        }
        return nil
    }

    /// Passes a string of the text.
    private static func holdsHalfOfAPair(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) -> Bool {
        // Validated before, so this does not fail.
        guard let content = try? scanner.string(bytes) else { return true }
        return JSONString.hasEscapes(bytes, content) && (try? JSONString.unescape(bytes, content)) == nil
    }

    private static var tooDeep: String {
        "nests more than \(PlainMessage.Header.maximumDepth) arrays and objects; send it as a string"
    }

    private static var surrogate: String { "holds half of a surrogate pair (\\ud800 to \\udfff), which has no UTF-8" }

    private static var tooLarge: String { "holds a number beyond a double; send it as a string" }

    private var defectAsNumber: String? {
        let isInteger = bytes.dropFirst().allSatisfy { 0x30...0x39 ~= $0 }
        // Up to 18 digits always fit, and so do 17 and a sign.
        if isInteger, bytes.count <= 18 { return nil }
        if isInteger { return Int64(string) == nil ? "holds an integer beyond 64 bits; send it as a string" : nil }
        return Double(string)?.isFinite == true ? nil : Self.tooLarge
    }
}
