// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// What became of a message that was given to the broker of memory.
enum MemoryPublishOutcome: Sendable {
    /// It is in every queue that it was routed to.
    case accepted
    /// The exchange does not exist.
    case noExchange
    /// No queue is bound for it.
    case unroutable
    /// Its queue has no consumer, and it asked for one.
    case noConsumers
    /// A queue is full; `isPartial` when others took it.
    case full(isPartial: Bool)
}

extension MessagingError {
    /// The error of a message that the broker of memory did not take; nil when it did.
    init?(_ outcome: MemoryPublishOutcome, exchange: Name, routingKey: Name) {
        if case .accepted = outcome { return nil }
        let route = "exchange \"\(exchange)\", routing key \"\(routingKey)\""
        switch outcome {
        case .accepted: return nil
        case .noExchange:
            self.init(.undeliverable, "No queue is bound for the target: \(route) (no such exchange)", stage: .publish)
        case .unroutable:
            self.init(.undeliverable, "No queue is bound for the target: \(route)", stage: .publish)
        case .noConsumers:
            self.init(.noConsumers, "The queue \"\(routingKey)\" exists and has no consumer", stage: .connect)
        case .full(let isPartial):
            let message = "The broker refused the message: a queue is full (\(route))"
            self.init(.brokerRejected, message, execution: isPartial ? .maybe : .no, stage: .publish)
        }
    }
}
