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
        guard value.isNested(atMost: Self.maximumDepth) else {
            return "nests more than \(Self.maximumDepth) arrays and objects; send it as a string"
        }
        return value.defectAsHeader
    }

    /// How deep arrays and objects may nest in a value: deeper ones are lost by readers of AMQP, ours among them.
    static let maximumDepth = 16
}

extension JSONText {
    /// Whether arrays and objects nest no deeper than this.
    fileprivate func isNested(atMost limit: Int) -> Bool {
        var (depth, isInString, isEscaped) = (0, false, false)
        for byte in bytes {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case 0x5c: isEscaped = true
            case 0x22: isInString.toggle()
            case 0x5b where !isInString, 0x7b where !isInString: depth += 1
            case 0x5d where !isInString, 0x7d where !isInString: depth -= 1
            default: break
            }
            if depth > limit { return false }
        }
        return true
    }

    /// What AMQP cannot carry is found here, so that no value is rounded, cut or left out on the way.
    fileprivate var defectAsHeader: String? {
        switch bytes.first {
        case UInt8(ascii: "\""): return stringValue == nil ? Self.surrogate : nil
        case UInt8(ascii: "{"):
            guard let members else { return Self.surrogate }
            return members.lazy.compactMap(\.value.defectAsHeader).first
        case UInt8(ascii: "["): return elements?.lazy.compactMap(\.defectAsHeader).first
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"), nil: return nil
        default: return defectAsNumber
        }
    }

    private static var surrogate: String { "holds half of a surrogate pair (\\ud800 to \\udfff), which has no UTF-8" }

    private var defectAsNumber: String? {
        let isInteger = bytes.dropFirst().allSatisfy { 0x30...0x39 ~= $0 }
        // Up to 18 digits always fit, and so do 17 and a sign.
        if isInteger, bytes.count <= 18 { return nil }
        let text = string
        if isInteger {
            return Int64(text) == nil ? "holds an integer beyond 64 bits; send it as a string" : nil
        }
        return Double(text)?.isFinite == true ? nil : "holds a number beyond a double; send it as a string"
    }
}
