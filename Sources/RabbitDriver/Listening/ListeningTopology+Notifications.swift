// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

extension ListeningTopology {
    /// The queues of a notification listener: the publishers' own, one for each topic and priority, or one for the pool
    /// with all their bindings (`oslo_messaging._drivers.amqpdriver.AMQPDriverBase.listen_for_notifications`).
    init(_ subscription: NotificationSubscription, exchange defaultExchange: String, options: RabbitOptions) {
        let sources = subscription.sources.flatMap { source in
            subscription.priorities.map { priority in
                let key = "\(source.topic).\(priority.rawValue)"
                return Source(
                    exchange: options.controlExchange(source.exchange ?? defaultExchange),
                    queue: subscription.queue(key, options: options),
                    bindingKey: Name(key)
                )
            }
        }
        let isOwn = subscription.pool != nil && subscription.isTemporary
        let queues = sources.map(\.queue.name).reduce(into: [Name]()) { names, name in
            if !names.contains(name) { names.append(name) }
        }
        let consumers = queues.enumerated().map { index, queue in
            Consumer(
                tag: Name(String(index + 1)),
                queue: queue,
                arguments: options.consumeArguments,
                isOwn: isOwn
            )
        }
        self.init(
            prefetchCount: options.listeningPrefetchCount,
            sources: sources,
            consumers: consumers,
            ownQueues: isOwn ? queues : []
        )
    }
}

extension NotificationSubscription {
    fileprivate func queue(_ key: String, options: RabbitOptions) -> QueueDeclaration {
        guard let pool else { return options.topicQueue(key) }
        return isTemporary ? options.temporaryQueue(Name(pool)) : options.topicQueue(pool)
    }
}
