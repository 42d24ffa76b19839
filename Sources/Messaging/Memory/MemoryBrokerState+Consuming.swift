// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
internal import Threads

extension MemoryBrokerState {
    /// Declares, binds and consumes what a listener subscribes to; false when there are too many queues.
    mutating func open(
        _ subscriptions: [MemorySubscription],
        listener: Int,
        prefetchCount: Int,
        now: Moment,
        handler: @escaping MemoryDelivery.Handler
    ) -> Bool {
        for subscription in subscriptions {
            guard declare(queue: subscription.queue, isBounded: subscription.isBounded) else { return false }
            for binding in subscription.bindings { bind(subscription.queue, binding) }
            if subscription.isOwned { ownedQueues[listener, default: []].append(subscription.queue) }
        }
        for subscription in subscriptions {
            let id = nextNumber()
            consumers[id] = Consumer(
                listener: listener,
                queue: subscription.queue,
                isOwned: subscription.isOwned,
                prefetchCount: prefetchCount,
                handler: handler
            )
            queues[subscription.queue]?.add(consumer: id)
            assign(subscription.queue, now: now)
        }
        return true
    }

    /// Ends the consumption of a listener; what was not handed over goes back to its place.
    ///
    /// What waits in the listener's own queues is still handed over: nobody else would get it.
    mutating func cancel(_ listener: Int, now: Moment) {
        for (id, consumer) in consumers where consumer.listener == listener {
            if consumer.isOwned {
                consumers[id]?.prefetchCount = .max
                assign(consumer.queue, now: now)
                consumers[id]?.prefetchCount = 0
            } else {
                consumers[id] = nil
                queues[consumer.queue]?.remove(consumer: id)
            }
        }
        for (tag, delivery) in unsettled where delivery.listener == listener && !delivery.isHandedOver {
            if consumers[delivery.consumer] == nil { _ = settle(tag, requeues: true, now: now) }
        }
    }

    /// Ends a listener: what it has not settled goes back, and what was declared for it alone is deleted.
    mutating func close(_ listener: Int, now: Moment) {
        cancel(listener, now: now)
        for (id, consumer) in consumers where consumer.listener == listener { consumers[id] = nil }
        for name in ownedQueues.removeValue(forKey: listener) ?? [] { delete(name) }
        for (tag, delivery) in unsettled where delivery.listener == listener {
            _ = settle(tag, requeues: true, now: now)
        }
    }

    /// Removes a delivered message from its queue or puts it back; false when it is in nobody's hands.
    mutating func settle(_ tag: Int, requeues: Bool, now: Moment) -> Bool {
        guard let delivery = unsettled.removeValue(forKey: tag) else { return false }
        consumers[delivery.consumer]?.unsettled -= 1
        guard let index = queues.index(forKey: delivery.queue) else {
            heldBytes -= delivery.entry.message.size
            return true
        }
        if requeues {
            queues.values[index].restore(delivery.entry)
        } else {
            queues.values[index].release(delivery.entry.message)
            heldBytes -= delivery.entry.message.size
        }
        assign(delivery.queue, at: index, now: now)
        return true
    }

    private mutating func delete(_ name: Name) {
        guard let queue = queues.removeValue(forKey: name) else { return }
        forget(queue.messages)
        for exchange in exchanges.keys { exchanges[exchange]?.unbind(name) }
    }
}
