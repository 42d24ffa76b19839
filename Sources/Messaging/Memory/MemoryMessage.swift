// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
internal import Threads

/// One message as the memory broker keeps it.
final class MemoryMessage: Sendable {
    /// The body and the properties; those of oslo.messaging's own messages are as RabbitMQ would carry them.
    let content: PlainMessage
    let routingKey: Name
    let replyTo: String?
    let correlationID: String?
    /// When the broker drops it from its queue; nil for never.
    let expiration: Moment?

    init(
        content: PlainMessage,
        routingKey: Name,
        replyTo: String? = nil,
        correlationID: String? = nil,
        expiration: Moment? = nil
    ) {
        self.content = content
        self.routingKey = routingKey
        self.replyTo = replyTo
        self.correlationID = correlationID
        self.expiration = expiration
    }

    /// A message as oslo.messaging sends it.
    convenience init(json body: [UInt8], routingKey: Name, expiration: Moment? = nil) {
        let content = PlainMessage(
            body: body,
            contentType: Self.json,
            contentEncoding: "utf-8",
            priority: 0
        )
        self.init(content: content, routingKey: routingKey, expiration: expiration)
    }

    /// The content type of oslo.messaging's messages.
    static let json = "application/json"

    /// What it counts against the bounds of its queue, so that empty messages are not free.
    var size: Int { content.body.count + 512 }

    func isExpired(_ now: Moment) -> Bool { expiration.map { $0 <= now } ?? false }
}
