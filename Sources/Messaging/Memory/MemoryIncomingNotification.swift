// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A notification of the broker of memory, not yet acknowledged.
struct MemoryIncomingNotification: IncomingNotificationMessage {
    let notification: IncomingNotification
    private let delivery: MemoryDelivery

    /// Opens a delivery; nil when it is no notification, and then it is out of its queue.
    init?(_ delivery: MemoryDelivery) {
        guard var notification = delivery.read(IncomingNotification.init) else { return nil }
        let key = delivery.message.routingKey
        // The priority stands behind the last dot, which in a `String` may hide in a longer character.
        notification.topic = key.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(key.text[..<$0]) } ?? key.text
        self.notification = notification
        self.delivery = delivery
    }

    func acknowledge() -> Bool { delivery.acknowledge() }

    func requeue() { delivery.requeue() }
}
