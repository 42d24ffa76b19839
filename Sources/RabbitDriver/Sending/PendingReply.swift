// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Compression
internal import Messaging
internal import Names

/// A reply on its way to its caller's queue.
final class PendingReply: Sendable {
    enum Content: Sendable {
        /// A reply in oslo.messaging's form, to the call with this identifier.
        case rpc(OutgoingReply, messageID: String)
        /// A message of plain AMQP RPC.
        case plain(PlainMessage, correlationID: String?)
    }

    let id = UniqueID()
    let queue: Name
    let content: Content
    let completion: @Sendable (Result<Void, MessagingError>) -> Void

    init(
        to queue: Name,
        _ content: Content,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        self.queue = queue
        self.content = content
        self.completion = completion
    }

    /// Whether the reply waits for its queue to come back: oslo's reply queues do, those of plain callers do not.
    var waitsForQueue: Bool {
        switch content {
        case .rpc(let reply, _): reply.isEnding
        case .plain: false
        }
    }

    /// Whether the queue is one that no caller of oslo.messaging has, and for which the broker may close the sender's connection.
    var hasForeignQueue: Bool {
        if case .rpc = content { queue.isOfBroker } else { false }
    }

    /// Whether it is sent again after trouble with the broker; a late heartbeat is worth nothing.
    var isRepeatable: Bool {
        if case .rpc(let reply, _) = content { reply.isEnding } else { true }
    }

    /// The body for one attempt; plain bodies are the same in each.
    func body(uniqueID: UniqueID) -> [UInt8] {
        switch content {
        case .rpc(let reply, let messageID): reply.body(messageID: messageID, uniqueID: uniqueID)
        case .plain(let message, _): message.body
        }
    }

    /// The properties of a plain message; nil for those that oslo.messaging sends.
    var ownProperties: Properties? {
        guard case .plain(let message, let correlationID) = content else { return nil }
        return Properties(message, correlationID: correlationID)
    }
}
