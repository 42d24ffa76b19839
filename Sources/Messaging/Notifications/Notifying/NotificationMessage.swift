// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names
public import Threads

/// A notification as a notifier hands it to its drivers.
public struct NotificationMessage: Sendable, Hashable {
    /// The identifier, a UUID with dashes; the same one on every topic and in every driver.
    @Bytewise public var messageID: String
    /// Who notifies, such as `compute.host1`.
    @Bytewise public var publisherID: String
    /// What has happened, such as `compute.instance.create.end`.
    @Bytewise public var eventType: String
    /// The priority.
    public var priority: NotificationPriority
    /// What there is to say about it.
    public var payload: JSONText
    /// When, in UTC: `YYYY-MM-DD HH:MM:SS.ffffff`.
    @Bytewise public var timestamp: String
    /// The context of the request that caused it, without what a notification may not carry.
    public var context: RequestContext
    /// When a driver gives up.
    public var deadline: Moment
    /// How many failed attempts to reach a broker are tolerated: nil for any number (until the deadline), 0 for none.
    public var retry: Int?

    /// Makes a message.
    public init(
        messageID: String = UniqueID().dashed,
        publisherID: String,
        eventType: String,
        priority: NotificationPriority,
        payload: JSONText,
        timestamp: String,
        context: RequestContext = RequestContext(),
        deadline: Moment,
        retry: Int? = nil
    ) {
        self.messageID = messageID
        self.publisherID = publisherID
        self.eventType = eventType
        self.priority = priority
        self.payload = payload
        self.timestamp = timestamp
        self.context = context
        self.deadline = deadline
        self.retry = retry
    }
}
