// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
internal import Threads

extension MemoryBrokerState {
    /// Routes a message; the default exchange has the empty name and routes by the queue's name.
    mutating func publish(
        _ message: MemoryMessage,
        exchange: Name,
        checksConsumers: Bool,
        now: Moment
    ) -> MemoryPublishOutcome {
        guard let targets = route(exchange, message.routingKey) else { return .noExchange }
        guard !targets.isEmpty else { return .unroutable }
        if checksConsumers, targets.allSatisfy({ queues.values[$0].consumers.isEmpty }) { return .noConsumers }
        let refused = targets.count { !append(message, to: $0, now: now) }
        return refused == 0 ? .accepted : .full(isPartial: refused < targets.count)
    }

    /// Makes an exchange unless it is there.
    mutating func declare(exchange name: Name, _ kind: MemoryExchange.Kind) {
        guard !name.isEmpty, exchanges[name] == nil else { return }
        exchanges[name] = MemoryExchange(kind)
    }

    /// Makes a queue unless it is there; false when there are too many.
    mutating func declare(queue name: Name, isBounded: Bool = true) -> Bool {
        guard queues[name] == nil else { return true }
        guard queues.count < limits.maximumQueues else { return false }
        queues[name] = MemoryQueue(isBounded: isBounded)
        return true
    }

    /// Binds a queue to an exchange, which is made first.
    mutating func bind(_ queue: Name, _ binding: MemorySubscription.Binding) {
        declare(exchange: binding.exchange, binding.kind)
        exchanges[binding.exchange]?.bind(queue, binding.routingKey)
    }

    /// How a queue stands; nil when there is none.
    mutating func inspect(_ name: Name, now: Moment) -> QueueStatus? {
        guard let index = queues.index(forKey: name) else { return nil }
        forget(queues.values[index].dropExpired(now))
        let queue = queues.values[index]
        return QueueStatus(consumerCount: queue.consumers.count, messageCount: queue.readyCount)
    }

    private func route(_ exchange: Name, _ routingKey: Name) -> [QueueIndex]? {
        if exchange.isEmpty { return queues.index(forKey: routingKey).map { [$0] } ?? [] }
        return exchanges[exchange]?.queues(for: routingKey).compactMap { queues.index(forKey: $0) }
    }

    private mutating func append(_ message: MemoryMessage, to index: QueueIndex, now: Moment) -> Bool {
        if !hasRoom(queues.values[index], message) {
            forget(queues.values[index].dropExpired(now))
            guard hasRoom(queues.values[index], message) else { return false }
        }
        queues.values[index].append(MemoryQueue.Entry(sequence: nextNumber(), message: message))
        heldBytes += message.size
        assign(queues.keys[index], at: index, now: now)
        return true
    }

    private func hasRoom(_ queue: MemoryQueue, _ message: MemoryMessage) -> Bool {
        guard queue.isBounded else { return true }
        return queue.heldCount < limits.maximumMessages
            && queue.heldBytes + message.size <= limits.maximumQueueBytes
            && heldBytes + message.size <= limits.maximumBytes
    }
}

/// What became of a message that was given to the memory broker.
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
    /// The error of a message that the memory broker did not take; nil when it did.
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
