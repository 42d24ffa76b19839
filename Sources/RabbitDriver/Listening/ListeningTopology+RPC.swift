// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

extension ListeningTopology {
    /// The three queues of an RPC server (`oslo_messaging._drivers.amqpdriver.AMQPDriverBase.listen`).
    ///
    /// - Parameter unique: 32 hexadecimal digits that tell this server's fanout queue from those of others.
    init(
        topic: String,
        server: String,
        exchange name: String,
        unique: String,
        options: RabbitOptions
    ) {
        let exchange = options.controlExchange(name)
        let fanoutExchange = options.fanoutExchange(topic: topic)
        let fanoutQueue = options.fanoutQueue(topic: topic, unique: unique)
        let direct = [topic, "\(topic).\(server)"].map { name in
            Source(exchange: exchange, queue: options.topicQueue(name), bindingKey: Name(name))
        }
        self.init(
            prefetchCount: options.listeningPrefetchCount,
            sources: direct + [Source(exchange: fanoutExchange, queue: fanoutQueue, bindingKey: Name(topic))],
            consumers: [
                Consumer(tag: "1", queue: direct[0].queue.name, arguments: options.consumeArguments),
                Consumer(tag: "2", queue: direct[1].queue.name, arguments: options.consumeArguments),
                Consumer(
                    tag: "3",
                    queue: fanoutQueue.name,
                    arguments: options.fanoutConsumeArguments,
                    isOwn: true,
                    isStream: options.streamFanout
                ),
            ],
            // The stream of fanouts is shared by all servers of the topic.
            ownQueues: options.streamFanout ? [] : [fanoutQueue.name]
        )
    }

    /// The queue of a plain AMQP server.
    init(plainQueue name: String, options: RabbitOptions) {
        self.init(
            prefetchCount: options.listeningPrefetchCount,
            sources: [
                Source(
                    exchange: nil,
                    queue: QueueDeclaration(name: Name(name), isDurable: true),
                    bindingKey: Name(name),
                    takesAnyForm: true
                )
            ],
            consumers: [Consumer(tag: "1", queue: Name(name), arguments: options.consumeArguments)]
        )
    }
}

extension RabbitOptions {
    /// The most unacknowledged deliveries of each consumer.
    var listeningPrefetchCount: Int { prefetchCount > 0 ? prefetchCount : ListeningTopology.defaultPrefetchCount }
}
