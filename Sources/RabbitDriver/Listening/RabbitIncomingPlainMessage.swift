// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

/// A plain message that came over RabbitMQ.
struct RabbitIncomingPlainMessage: IncomingPlainMessage {
    let message: PlainMessage
    let replyTo: String?
    let correlationID: String?
    let settlement: DeliverySettlement
    let replies: ReplySender

    func acknowledge() -> Bool { settlement.acknowledge() }

    func requeue() { settlement.reject(requeue: true) }

    func reply(_ reply: PlainMessage, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void) {
        guard let replyTo, !replyTo.isEmpty else { return completion(.success(())) }
        let content = PendingReply.Content.plain(reply, correlationID: correlationID)
        replies.send(PendingReply(to: Name(replyTo), content, completion: completion))
    }
}
