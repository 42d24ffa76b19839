// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A message on its way to a consumer, not yet settled.
struct MemoryDelivery: Sendable {
    typealias Handler = @Sendable (MemoryDelivery) -> Void

    /// Names the delivery; never used twice.
    var tag: Int
    var message: MemoryMessage
    /// Whether the queue goes with its listener.
    var isOwned: Bool
    var broker: MemoryBroker

    /// Takes the message out of its queue; false when it is there again or was settled before.
    func acknowledge() -> Bool { broker.settle(tag, requeues: false) }

    /// Puts the message back to its place.
    func requeue() { _ = broker.settle(tag, requeues: true) }
}
