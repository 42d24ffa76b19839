// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names
internal import Synchronization

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

/// A notification that came over RabbitMQ.
struct RabbitIncomingNotification: IncomingNotificationMessage {
    let notification: IncomingNotification
    let settlement: DeliverySettlement

    func acknowledge() -> Bool { settlement.acknowledge() }

    func requeue() { settlement.reject(requeue: true) }
}

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

/// What becomes of one delivery: acknowledged or given back, once.
final class DeliverySettlement: Sendable {
    private let connection: Connection
    private let deliveryTag: UInt64
    /// A second settlement of one delivery would make the broker close the channel.
    private let isSettled = Atomic(false)

    init(_ delivery: Delivery, on connection: Connection) {
        self.connection = connection
        deliveryTag = delivery.deliveryTag
    }

    /// Removes the message from its queue; false when it has been settled or its channel is gone.
    func acknowledge() -> Bool {
        guard take() else { return false }
        return connection.acknowledge(deliveryTag: deliveryTag)
    }

    /// Puts the message back into its queue, or drops it.
    func reject(requeue: Bool) {
        if take() { connection.reject(deliveryTag: deliveryTag, requeue: requeue) }
    }

    private func take() -> Bool { !isSettled.exchange(true, ordering: .relaxed) }
}
