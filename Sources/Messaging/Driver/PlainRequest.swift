// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// A plain AMQP request on its way, and how it is to be sent.
public struct PlainRequest: Sendable {
    /// The exchange; empty for the default exchange, which routes by the queue's name.
    public var exchange: String
    /// The routing key.
    public var routingKey: String
    /// The message.
    public var message: PlainMessage
    /// The time that the whole request has; for messages to people.
    public var timeout: Duration
    /// When the request ends without a reply; what is left is sent as the message's `expiration`.
    public var deadline: Moment
    /// How many failed attempts to reach a broker are tolerated: nil or -1 for any number (until the deadline), 0 for
    /// none.
    public var retry: Int?

    /// Makes a request whose deadline is `timeout` from `now`.
    public init(
        exchange: String,
        routingKey: String,
        message: PlainMessage,
        timeout: Duration,
        now: Moment = .now,
        retry: Int? = nil
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.message = message
        self.timeout = timeout
        deadline = now.advanced(by: timeout)
        self.retry = retry
    }
}

/// The reply to a plain AMQP request.
public struct PlainReply: Sendable {
    /// The message, as it came.
    public var message: PlainMessage
    /// The `correlation_id` of the request.
    public var messageID: UniqueID
    /// The time until the broker had confirmed the request.
    public var publishDuration: Duration

    /// Makes a reply.
    public init(message: PlainMessage, messageID: UniqueID, publishDuration: Duration) {
        self.message = message
        self.messageID = messageID
        self.publishDuration = publishDuration
    }
}
