// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A notification as a listener reads it; what its publisher left out is empty.
public struct IncomingNotification: Sendable {
    /// The identifier in the body.
    public var messageID: String
    /// Who notifies.
    public var publisherID: String
    /// What has happened.
    public var eventType: String
    /// The priority given in the body, in lower case; it can be one that this library does not know.
    public var priority: String
    /// What there is to say about it.
    public var payload: JSONText
    /// When, as the publisher wrote it.
    public var timestamp: String
    /// What copies of one message have in common and no other message has; nil when missing.
    public var uniqueID: String?
    /// The context of the request that caused it.
    public var context: RequestContext
    /// The topic of the queue it came from; empty when the driver does not know it.
    public var topic: String

    /// Makes a notification.
    public init(
        messageID: String = "",
        publisherID: String = "",
        eventType: String = "",
        priority: String = "",
        payload: JSONText = .null,
        timestamp: String = "",
        uniqueID: String? = nil,
        context: RequestContext = RequestContext(),
        topic: String = ""
    ) {
        self.messageID = messageID
        self.publisherID = publisherID
        self.eventType = eventType
        self.priority = priority
        self.payload = payload
        self.timestamp = timestamp
        self.uniqueID = uniqueID
        self.context = context
        self.topic = topic
    }
}
