// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

/// A request that came over RabbitMQ.
struct RabbitIncomingMessage: IncomingMessage {
    let request: IncomingRequest
    let isFanout: Bool
    let settlement: DeliverySettlement
    let replies: ReplySender

    func acknowledge() -> Bool { settlement.acknowledge() }

    func requeue() { settlement.reject(requeue: true) }

    func reply(_ reply: OutgoingReply, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void) {
        guard let messageID = request.messageID else { return completion(.success(())) }
        let content = PendingReply.Content.rpc(reply, messageID: messageID)
        replies.send(PendingReply(to: Name(request.replyQueue), content, completion: completion))
    }
}
