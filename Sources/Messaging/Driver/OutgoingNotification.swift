// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// A notification on its way to a broker.
public struct OutgoingNotification: Sendable {
    /// How the body is built.
    public enum Format: Sendable, Hashable {
        /// Without the envelope (driver `messaging`).
        case messaging
        /// In the envelope 2.0 (driver `messagingv2`).
        case messagingv2
    }

    /// The control exchange; nil means the transport's default.
    public var exchange: String?
    /// The topic.
    public var topic: String
    /// The priority, which chooses the queue.
    public var priority: NotificationPriority
    /// The identifier in the body, a UUID with dashes.
    public var messageID: String
    /// Who notifies, such as `compute.host1`.
    public var publisherID: String
    /// What has happened, such as `compute.instance.create.end`.
    public var eventType: String
    /// What there is to say about it.
    public var payload: JSONText
    /// When, in UTC: `YYYY-MM-DD HH:MM:SS.ffffff`.
    public var timestamp: String
    /// The context of the request that caused it.
    public var context: RequestContext
    /// The form of the body.
    public var format: Format
    /// When the sender gives up.
    public var deadline: Moment
    /// How many failed attempts to reach a broker are tolerated: nil or -1 for any number (until the deadline), 0 for
    /// none.
    public var retry: Int?

    /// Makes a notification.
    public init(
        exchange: String? = nil,
        topic: String,
        priority: NotificationPriority,
        messageID: String,
        publisherID: String,
        eventType: String,
        payload: JSONText,
        timestamp: String,
        context: RequestContext = RequestContext(),
        format: Format = .messagingv2,
        deadline: Moment,
        retry: Int? = nil
    ) {
        self.exchange = exchange
        self.topic = topic
        self.priority = priority
        self.messageID = messageID
        self.publisherID = publisherID
        self.eventType = eventType
        self.payload = payload
        self.timestamp = timestamp
        self.context = context
        self.format = format
        self.deadline = deadline
        self.retry = retry
    }
}

extension OutgoingNotification {
    /// The routing key and the name of the publisher's queue: `topic.priority`.
    public var queueName: String { "\(topic).\(priority.rawValue)" }
}
