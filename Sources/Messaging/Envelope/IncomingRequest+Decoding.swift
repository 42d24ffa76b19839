// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension IncomingRequest {
    /// Opens the body of a request; an empty body is an empty request.
    ///
    /// `NaN`, `Infinity` and `-Infinity` are taken, as Python sends them. If a key is given twice the last one counts.
    ///
    /// - Throws: `JSONError` when the body is to be rejected: no JSON object, a foreign envelope version.
    public init(_ body: [UInt8]) throws(JSONError) {
        let message = try MessageEnvelope.open(body, takesPythonConstants: true)
        self.init(method: nil)
        try MessageEnvelope.forEachMember(of: message) { key, value in take(key, value) }
        context.setClientTimeout(callMonitorTimeout)
    }

    private mutating func take(_ key: ArraySlice<UInt8>, _ value: JSONText) {
        if context.take(key, value) { return }
        // A longer key is none of these.
        guard key.count <= 10 else { return }
        switch key {
        case "method": method = value
        case "args": arguments = value
        case "namespace": namespace = value
        case "version": version = value
        case "_msg_id": messageID = value.nonEmptyString
        case "_reply_q": replyQueue = value.stringValue ?? ""
        case "_timeout": callMonitorTimeout = value == .null ? nil : value
        case "_unique_id": uniqueID = value.nonEmptyString
        default: break
        }
    }

}

extension MessageEnvelope {
    /// Calls the closure with each member of an object, its key unescaped, in order.
    static func forEachMember(of object: [UInt8], _ body: (ArraySlice<UInt8>, JSONText) -> Void) throws(JSONError) {
        let span = object.span
        var scanner = JSONScanner(takesPythonConstants: true)
        var more = try scanner.openObject(span)
        while more {
            let member = try scanner.member(span)
            let hasEscapes = JSONString.hasEscapes(span, member.key)
            let key = hasEscapes ? try JSONString.unescape(span, member.key)[...] : object[member.key]
            body(key, JSONText(validated: object[member.value]))
            more = try scanner.hasNextMember(span)
        }
        try scanner.end(span)
    }
}

extension JSONText {
    /// The text of a JSON string; nil for the empty one and for other values.
    var nonEmptyString: String? { stringValue.flatMap { $0.isEmpty ? nil : $0 } }
}
