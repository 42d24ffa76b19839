// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension IncomingNotification {
    /// Opens the body of a notification, with or without the envelope.
    ///
    /// - Throws: `JSONError` when the body is to be rejected: no JSON object, a foreign envelope version.
    public init(_ body: [UInt8]) throws(JSONError) {
        let message = try MessageEnvelope.open(body, takesPythonConstants: true)
        self.init()
        try MessageEnvelope.forEachMember(of: message) { key, value in take(key, value) }
        context.setClientTimeout(nil)
    }

    private mutating func take(_ key: ArraySlice<UInt8>, _ value: JSONText) {
        if context.take(key, value) { return }
        switch key {
        case "message_id": messageID = value.stringValue ?? ""
        case "publisher_id": publisherID = value.stringValue ?? ""
        case "event_type": eventType = value.stringValue ?? ""
        case "priority": priority = (value.stringValue ?? "").lowercased()
        case "payload": payload = value
        case "timestamp": timestamp = value.stringValue ?? ""
        case "_unique_id": uniqueID = value.nonEmptyString
        default: break
        }
    }
}
