// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging

/// A notification that came over RabbitMQ.
struct RabbitIncomingNotification: IncomingNotificationMessage {
    let notification: IncomingNotification
    let settlement: DeliverySettlement

    func acknowledge() -> Bool { settlement.acknowledge() }

    func requeue() { settlement.reject(requeue: true) }
}
