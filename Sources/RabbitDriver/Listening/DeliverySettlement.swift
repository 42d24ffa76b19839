// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Synchronization

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

    /// Takes the message out of its queue; false when it is settled or its channel is gone.
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
