// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

/// A notification as listeners get it, written once for all of them.
struct NotificationEvent: Sendable {
    let id: Name
    let eventType: String
    let publisherID: String
    let bytes: ArraySlice<UInt8>

    init(_ notification: IncomingNotification) {
        id = Name(notification.messageID)
        eventType = notification.eventType
        publisherID = notification.publisherID
        bytes = ServerSentEvent.bytes(id: id.text, event: eventType, data: Self.document(notification))[...]
    }

    /// The notification as one JSON object; payload and context keep their bytes, apart from line ends between tokens.
    private static func document(_ notification: IncomingNotification) -> [UInt8] {
        var text: [UInt8] = [0x7b]
        append("message_id", JSONText(string: notification.messageID), to: &text)
        append("publisher_id", JSONText(string: notification.publisherID), to: &text)
        append("event_type", JSONText(string: notification.eventType), to: &text)
        append("priority", JSONText(string: notification.priority), to: &text)
        append(notification.payload, to: &text)
        append("timestamp", JSONText(string: notification.timestamp), to: &text)
        let context = shown(notification.context)
        if !context.isEmpty { append("context", context, to: &text) }
        text[text.count - 1] = 0x7d
        return text
    }

    /// Python writes `NaN` and `Infinity`, which are no JSON: such a payload is given as text.
    private static func append(_ payload: JSONText, to text: inout [UInt8]) {
        guard isStrict(payload) else {
            append("payload", .null, to: &text)
            return append("payload_text", JSONText(string: payload.string), to: &text)
        }
        append("payload", payload, to: &text)
    }

    private static func append(_ name: String, _ value: JSONText, to text: inout [UInt8]) {
        append(name, Array(value.bytes), to: &text)
    }

    private static func append(_ name: String, _ value: [UInt8], to text: inout [UInt8]) {
        text.append(contentsOf: "\"\(name)\":".utf8)
        text.append(contentsOf: value)
        text.append(0x2c)
    }

    /// The context without what holds credentials, which some releases of oslo.messaging send along; empty for none.
    private static func shown(_ context: RequestContext) -> [UInt8] {
        var text: [UInt8] = []
        for entry in context.entries where isShown(entry.key) && isStrict(entry.value) {
            text.append(text.isEmpty ? 0x7b : 0x2c)
            text.append(contentsOf: JSONText(string: entry.key).bytes)
            text.append(0x3a)
            text.append(contentsOf: entry.value.bytes)
        }
        return text.isEmpty ? [] : text + [0x7d]
    }

    private static func isShown(_ key: String) -> Bool { shownKeys.contains(Name(key)) }

    private static let shownKeys = Set(NotifierConfiguration.safeContextKeys.map { Name($0) })
        .union(["traceparent", "tracestate"])

    private static func isStrict(_ value: JSONText) -> Bool { (try? JSONText(Array(value.bytes))) != nil }
}
