// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The outcome of a call that ended well.
public struct RPCReply: Sendable {
    /// The result, byte for byte as the server wrote it; `null` for Python's None.
    public var result: JSONText
    /// The identifier of the call (`_msg_id`).
    public var messageID: UniqueID
    /// The time until the broker had confirmed the request, or until the reply came, whichever was first.
    public var publishDuration: Duration

    /// Makes a reply.
    public init(result: JSONText, messageID: UniqueID, publishDuration: Duration) {
        self.result = result
        self.messageID = messageID
        self.publishDuration = publishDuration
    }
}

/// The outcome of a cast that ended well: the broker has taken the message and routed it to at least one queue.
public struct CastReceipt: Sendable {
    /// The identifier of the message (`_unique_id`).
    public var uniqueID: UniqueID

    /// Makes a receipt.
    public init(uniqueID: UniqueID) { self.uniqueID = uniqueID }
}

/// What a passive look at a queue shows.
public struct QueueStatus: Sendable, Hashable {
    /// How many consumers it has.
    public var consumerCount: Int
    /// How many messages wait in it.
    public var messageCount: Int

    /// Makes a status.
    public init(consumerCount: Int, messageCount: Int) {
        self.consumerCount = consumerCount
        self.messageCount = messageCount
    }
}
