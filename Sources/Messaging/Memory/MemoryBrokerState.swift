// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
internal import Names
internal import Threads

/// A small broker as a value, with RabbitMQ's rules: queues that stay, consumers that take turns, messages that are
/// acknowledged or come back to their place.
///
/// It never calls out: whoever holds it under a lock hands over what `nextDelivery()` returns outside the lock.
struct MemoryBrokerState {
    struct Consumer {
        var listener: Int
        var queue: Name
        var isOwned: Bool
        var prefetchCount: Int
        var unsettled = 0
        var handler: MemoryDelivery.Handler
    }

    struct Unsettled {
        var entry: MemoryQueue.Entry
        var queue: Name
        var consumer: Int
        var listener: Int
        var isHandedOver = false
    }

    /// What the worker hands over next.
    struct Next {
        var tag: Int
        var message: MemoryMessage
        var isOwned: Bool
        var handler: MemoryDelivery.Handler
    }

    let limits: MemoryBroker.Limits
    var queues: [Name: MemoryQueue] = [:]
    var exchanges: [Name: MemoryExchange] = [:]
    var consumers: [Int: Consumer] = [:]
    var unsettled: [Int: Unsettled] = [:]
    /// Queues that go with their listener.
    var ownedQueues: [Int: [Name]] = [:]
    /// What all queues hold together.
    var heldBytes = 0
    private var assigned = Heap<Int>()
    private var isWorking = false
    private var handing: Int?
    private var waitingForHandler: [(listener: Int, proceed: @Sendable () -> Void)] = []
    private var lastNumber = 0

    init(limits: MemoryBroker.Limits) { self.limits = limits }

    /// A number that was not used before.
    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    /// Where a queue is, until one is made or deleted.
    typealias QueueIndex = Dictionary<Name, MemoryQueue>.Index

    /// Gives waiting messages of a queue to consumers with room, in turn.
    mutating func assign(_ name: Name, now: Moment) {
        if let index = queues.index(forKey: name) { assign(name, at: index, now: now) }
    }

    /// The same for a queue that has just been looked up.
    mutating func assign(_ name: Name, at index: QueueIndex, now: Moment) {
        while true {
            forget(queues.values[index].dropExpiredFront(now))
            guard queues.values[index].readyCount > 0 else { return }
            let next = queues.values[index].nextConsumer { id in
                consumers[id].map { $0.unsettled < $0.prefetchCount } ?? false
            }
            guard let id = next, let listener = consumers[id]?.listener, let entry = queues.values[index].take() else {
                return
            }
            let tag = nextNumber()
            unsettled[tag] = Unsettled(entry: entry, queue: name, consumer: id, listener: listener)
            consumers[id]?.unsettled += 1
            assigned.insert(tag)
        }
    }

    /// Counts the messages that a queue has dropped as gone.
    mutating func forget(_ dropped: [MemoryMessage]) {
        for message in dropped { heldBytes -= message.size }
    }

    /// Whether somebody has to start handing over; true once until `nextDelivery()` has found nothing.
    mutating func startsWorking() -> Bool {
        guard !isWorking, !assigned.isEmpty else { return false }
        isWorking = true
        return true
    }

    /// The next message to hand over, or nil when the work is done.
    mutating func nextDelivery() -> Next? {
        while let tag = assigned.popMin() {
            guard let delivery = unsettled[tag], let consumer = consumers[delivery.consumer] else { continue }
            unsettled[tag]?.isHandedOver = true
            handing = consumer.listener
            let message = delivery.entry.message
            return Next(tag: tag, message: message, isOwned: consumer.isOwned, handler: consumer.handler)
        }
        isWorking = false
        return nil
    }

    /// The handler has returned; returns those who waited for that.
    mutating func handlerReturned() -> [@Sendable () -> Void] {
        let listener = handing
        handing = nil
        guard !waitingForHandler.isEmpty else { return [] }
        let proceeding = waitingForHandler.filter { $0.listener == listener && !hasAssigned($0.listener) }
        if !proceeding.isEmpty { waitingForHandler.removeAll { $0.listener == listener } }
        return proceeding.map(\.proceed)
    }

    private func hasAssigned(_ listener: Int) -> Bool {
        unsettled.values.contains { delivery in
            delivery.listener == listener && !delivery.isHandedOver && consumers[delivery.consumer] != nil
        }
    }

    /// Keeps the closure until all that is assigned to a cancelled listener has been handed over; false when it has
    /// been.
    mutating func waitForHandler(of listener: Int, _ proceed: @escaping @Sendable () -> Void) -> Bool {
        guard handing == listener || hasAssigned(listener) else { return false }
        waitingForHandler.append((listener, proceed))
        return true
    }
}
