// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Compression
public import Messaging
internal import Names

extension RabbitDriver: NotificationDriver {
    /// Publishes a notification; see `NotificationDriver`.
    public func notify(
        _ notification: OutgoingNotification,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        let exchange = options.controlExchange(notification.exchange ?? controlExchange)
        let queue = options.topicQueue(notification.queueName)
        let (key, uniqueID) = (Name(notification.queueName), UniqueID())
        let body = notification.body(uniqueID: uniqueID)
        connections.send(
            SendJob(
                id: uniqueID,
                route: PublishRoute(
                    declaring: exchange,
                    binding: QueueBinding(queue: queue, bindingKey: key)
                ),
                routingKey: key,
                body: options.compressesBodies ? Zlib.compress(body) : body,
                expires: false,
                isCompressed: options.compressesBodies,
                deadline: notification.deadline,
                retry: toleratedFailures(notification.retry),
                receiver: .function(completion)
            )
        )
    }

    /// Makes a listener for notifications; see `NotificationDriver`.
    public func makeNotificationListener(
        _ subscription: NotificationSubscription,
        handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        try subscription.validate()
        let topology = ListeningTopology(subscription, exchange: controlExchange, options: options)
        let (topics, maximumBytes) = (subscription.topics, settings.maximumReplyBytes)
        return makeListener(topology) { delivery, _, settlement throws(UnreadableMessage) in
            var notification = try MessageBody.notification(delivery, maximumBytes: maximumBytes)
            notification.topic = topics[delivery.routingKey] ?? ""
            handler(RabbitIncomingNotification(notification: notification, settlement: settlement))
        }
    }
}

extension NotificationSubscription {
    /// The topics by the routing keys of their notifications.
    fileprivate var topics: [Name: String] {
        var topics: [Name: String] = [:]
        for source in sources {
            for priority in priorities { topics[Name("\(source.topic).\(priority.rawValue)")] = source.topic }
        }
        return topics
    }

    fileprivate func validate() throws(MessagingError) {
        guard !sources.isEmpty, !priorities.isEmpty, sources.allSatisfy({ !$0.topic.isEmpty }), pool != "" else {
            throw MessagingError(.invalidTarget, "A topic and a priority are required to listen for notifications")
        }
        let names = topics.keys.map(\.text) + sources.compactMap(\.exchange) + [pool ?? ""]
        guard names.allSatisfy({ $0.utf8.count <= Target.maximumNameBytes }) else {
            let message = "The names of the subscription are longer than \(Target.maximumNameBytes) bytes"
            throw MessagingError(.invalidTarget, message)
        }
    }
}
