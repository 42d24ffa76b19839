// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct NotificationEncodingTests {
    private func notification(_ inner: JSONText) throws -> OutgoingNotification {
        var notification = OutgoingNotification(
            topic: "notifications",
            priority: .info,
            messageID: "",
            publisherID: "",
            eventType: "",
            payload: .null,
            timestamp: "",
            deadline: .now
        )
        for (key, value) in try #require(inner.members) {
            switch key {
            case "message_id": notification.messageID = try #require(value.stringValue)
            case "publisher_id": notification.publisherID = try #require(value.stringValue)
            case "event_type": notification.eventType = try #require(value.stringValue)
            case "payload": notification.payload = value
            case "timestamp": notification.timestamp = try #require(value.stringValue)
            case _ where key.hasPrefix("_context_"): notification.context.set(String(key.dropFirst(9)), value)
            default: break
            }
        }
        return notification
    }

    private func uniqueID(_ inner: JSONText) throws -> UniqueID {
        let digits = try #require(inner.members?.first { $0.key == "_unique_id" }?.value.stringValue)
        let bytes = Array(digits.utf8)
        let identifier = UniqueID(hexadecimal: bytes.span, 0..<bytes.count)
        return try #require(identifier)
    }

    @Test(arguments: [
        ("notification_v1", OutgoingNotification.Format.messaging), ("notification_v2", .messagingv2),
        ("notification_v1_unicode", .messaging), ("notification_v2_unicode", .messagingv2),
        ("notification_v1_context", .messaging), ("notification_v2_context", .messagingv2),
    ])
    func bodiesEqualPythonsByteForByte(_ name: String, _ format: OutgoingNotification.Format) throws {
        let vector = try Vector(name)
        let inner = try JSONText(MessageEnvelope.open(vector.body, takesPythonConstants: true))
        var notification = try notification(inner)
        notification.format = format
        let body = notification.body(uniqueID: try uniqueID(inner))
        #expect(String(decoding: body, as: UTF8.self) == String(decoding: vector.body, as: UTF8.self))
    }

    @Test(arguments: [OutgoingNotification.Format.messaging, .messagingv2])
    func aListenerReadsWhatANotifierWrote(_ format: OutgoingNotification.Format) throws {
        var context = RequestContext()
        context.set("user\"\u{1f600}", string: "ann\n")
        let notification = OutgoingNotification(
            topic: "t",
            priority: .warn,
            messageID: "m-1",
            publisherID: "compute.\u{e9}\u{1f600}\"\\\u{7}",
            eventType: "a.b",
            payload: try JSONText(#"{"a":1.0, "b":[1e400,"\ud83d\ude00é"]}"#),
            timestamp: "2026-11-21 02:34:33.724391",
            context: context,
            format: format,
            deadline: .now
        )
        let unique = UniqueID()
        let read = try IncomingNotification(notification.body(uniqueID: unique))
        #expect(read.messageID == "m-1" && read.publisherID == notification.publisherID && read.eventType == "a.b")
        #expect(read.payload == notification.payload && read.timestamp == notification.timestamp)
        #expect(read.priority == "warn" && read.uniqueID == unique.hexadecimal)
        #expect(read.context.entries.first == context.entries.first)
    }
}
