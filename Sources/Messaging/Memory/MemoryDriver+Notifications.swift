// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension MemoryDriver: NotificationDriver {
    /// Puts a notification into the queue of its topic and priority; see `NotificationDriver`.
    public func notify(
        _ notification: OutgoingNotification,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        let exchange = exchange(notification.exchange)
        let name = Name(notification.queueName)
        let isDeclared = broker.change { state in
            guard state.declare(queue: name) else { return false }
            state.bind(name, .init(exchange: exchange, routingKey: name))
            return true
        }
        guard isDeclared else {
            return completion(.failure(MessagingError(.overloaded, "The broker has too many queues", stage: .publish)))
        }
        let message = MemoryMessage(json: notification.body(uniqueID: UniqueID()), routingKey: name)
        completion(publish(message, exchange: exchange))
    }

    /// Makes a listener for notifications; see `NotificationDriver`.
    public func makeNotificationListener(
        _ subscription: NotificationSubscription,
        handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        let bindings = try bindings(of: subscription)
        let subscriptions =
            if let pool = subscription.pool {
                [MemorySubscription(queue: Name(pool), bindings: bindings, isOwned: subscription.isTemporary)]
            } else {
                bindings.map { MemorySubscription(queue: $0.routingKey, bindings: [$0]) }
            }
        return try makeListener(subscriptions) { delivery in
            if let message = MemoryIncomingNotification(delivery) { handler(message) }
        }
    }

    private func bindings(
        of subscription: NotificationSubscription
    ) throws(MessagingError) -> [MemorySubscription.Binding] {
        guard !subscription.priorities.isEmpty, !subscription.sources.isEmpty,
            subscription.sources.allSatisfy({ !$0.topic.isEmpty }), subscription.pool?.isEmpty != true
        else { throw MessagingError(.invalidTarget, "A notification listener needs topics and priorities") }
        let bindings = subscription.sources.flatMap { source in
            subscription.priorities.map { priority in
                let name = Name("\(source.topic).\(priority.rawValue)")
                return MemorySubscription.Binding(exchange: exchange(source.exchange), routingKey: name)
            }
        }
        let names = bindings.flatMap { [$0.exchange, $0.routingKey] } + [Name(subscription.pool ?? "")]
        guard names.allSatisfy({ $0.utf8.count <= Target.maximumNameBytes }) else {
            throw MessagingError(.invalidTarget, "A name is longer than \(Target.maximumNameBytes) bytes")
        }
        return bindings
    }
}
