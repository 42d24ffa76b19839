// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A request as a server reads it (`oslo_messaging.rpc.dispatcher`, `_drivers.amqpdriver.AMQPListener`).
///
/// What a Python server would only notice while dispatching, such as a method that is a number, is kept as it came, so
/// that the caller learns of it.
public struct IncomingRequest: Sendable {
    /// The method's name as JSON; nil when missing.
    public var method: JSONText?
    /// The keyword arguments as JSON; nil when missing, and possibly no object.
    public var arguments: JSONText?
    /// The namespace as JSON; nil when missing.
    public var namespace: JSONText?
    /// The version that the caller needs, as JSON; nil when missing.
    public var version: JSONText?
    /// The identifier that the reply repeats; nil for a cast. Peers may write something other than 32 hexadecimal
    /// digits.
    public var messageID: String?
    /// The queue that the reply goes to; empty when missing.
    public var replyQueue: String
    /// The interval of the call monitor as JSON; nil when missing or null.
    public var callMonitorTimeout: JSONText?
    /// What copies of one message have in common and no other message has; nil when missing.
    public var uniqueID: String?
    /// The request context; as in oslo.messaging it has `client_timeout`, which is null for a cast.
    public var context: RequestContext

    /// Makes a request.
    public init(
        method: JSONText?,
        arguments: JSONText? = nil,
        namespace: JSONText? = nil,
        version: JSONText? = nil,
        messageID: String? = nil,
        replyQueue: String = "",
        callMonitorTimeout: JSONText? = nil,
        uniqueID: String? = nil,
        context: RequestContext = RequestContext()
    ) {
        self.method = method
        self.arguments = arguments
        self.namespace = namespace
        self.version = version
        self.messageID = messageID
        self.replyQueue = replyQueue
        self.callMonitorTimeout = callMonitorTimeout
        self.uniqueID = uniqueID
        self.context = context
    }

    /// Whether the caller waits for a reply.
    public var isCall: Bool { messageID != nil }
}
