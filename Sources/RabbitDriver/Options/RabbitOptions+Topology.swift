// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

/// What oslo.messaging declares under these options, with the argument types that it has on the wire.
extension RabbitOptions {
    /// The exchange of a target (`oslo_messaging._drivers.amqpdriver.AMQPDriverBase._send`).
    ///
    /// oslo.messaging declares whatever exchange a target names. Here a missing one that a caller has named is not
    /// made: it would have no queues, so nothing would be gained, and it would stay.
    func route(to target: Target, controlExchange: String) -> PublishRoute {
        if target.isFanout {
            return PublishRoute(declaring: fanoutExchange(topic: target.topic ?? ""), looksFirst: true)
        }
        let name = target.exchange ?? controlExchange
        return PublishRoute(declaring: self.controlExchange(name), looksFirst: !name.isSame(as: controlExchange))
    }

    /// The exchange of calls and casts to a topic or server.
    func controlExchange(_ name: String) -> ExchangeDeclaration {
        ExchangeDeclaration(
            name: Name(name),
            type: "topic",
            isDurable: durableQueues || quorumQueues,
            isAutoDelete: autoDelete
        )
    }

    /// The exchange that reaches every server of a topic; its name does not contain the control exchange's.
    func fanoutExchange(topic: String) -> ExchangeDeclaration {
        ExchangeDeclaration(
            name: Name("\(topic)_fanout"),
            type: "fanout",
            isDurable: transientQuorumQueues,
            isAutoDelete: true
        )
    }

    /// A queue of one process, which expires when nobody uses it any more.
    func temporaryQueue(_ name: Name) -> QueueDeclaration {
        QueueDeclaration(
            name: name,
            isDurable: transientQuorumQueues,
            arguments: FieldTable(entries: mirroring + (transientQuorumQueues ? quorum : []) + expiry)
        )
    }

    /// The queue of a topic, or of one server of it.
    func topicQueue(_ name: String) -> QueueDeclaration {
        QueueDeclaration(
            name: Name(name),
            isDurable: durableQueues || quorumQueues,
            isAutoDelete: autoDelete,
            arguments: FieldTable(entries: mirroring + (quorumQueues ? quorum : []))
        )
    }

    /// The queue through which one server gets the fanouts of a topic; with streams all of them share one.
    ///
    /// - Parameter unique: 32 hexadecimal digits, or what a queue manager counts.
    func fanoutQueue(topic: String, unique: String) -> QueueDeclaration {
        guard streamFanout else { return temporaryQueue(Name("\(topic)_fanout_\(unique)")) }
        return QueueDeclaration(
            name: Name("\(topic)_fanout"),
            isDurable: true,
            arguments: FieldTable(entries: stream)
        )
    }

    /// The arguments of the consumer of a fanout queue.
    var fanoutConsumeArguments: FieldTable {
        var arguments = consumeArguments
        if streamFanout { arguments[ListeningTopology.Consumer.streamOffset] = "last" }
        return arguments
    }

    /// The arguments of every other consumer.
    var consumeArguments: FieldTable { cancelsOnFailover ? ["x-cancel-on-ha-failover": true] : [:] }

    private var mirroring: [FieldTable.Entry] { mirroredQueues ? [.init(key: "x-ha-policy", value: "all")] : [] }

    private var quorum: [FieldTable.Entry] {
        let limits = [
            ("x-delivery-limit", quorumDeliveryLimit), ("x-max-in-memory-length", quorumMaximumMemoryLength),
            ("x-max-in-memory-bytes", quorumMaximumMemoryBytes),
        ]
        return [.init(key: "x-queue-type", value: "quorum")]
            + limits.filter { $0.1 > 0 }.map { .init(key: $0.0, value: .int32(Int32(clamping: $0.1))) }
    }

    private var stream: [FieldTable.Entry] {
        let seconds = transientQueuesTTL.components.seconds
        let age = seconds > 0 ? [FieldTable.Entry(key: "x-max-age", value: .string("\(seconds)s"))] : []
        return [.init(key: "x-queue-type", value: "stream")] + age
    }

    private var expiry: [FieldTable.Entry] {
        let milliseconds = transientQueuesTTL.components.seconds * 1000
        return milliseconds > 0 ? [.init(key: "x-expires", value: .int32(Int32(clamping: milliseconds)))] : []
    }
}
