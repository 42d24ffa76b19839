// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension RabbitOptions {
    /// The exchange of calls and casts to a topic or server.
    public func controlExchange(_ name: String) -> ExchangeShape {
        ExchangeShape(
            name: name,
            type: "topic",
            isDurable: durableQueues || quorumQueues,
            isAutoDelete: autoDelete
        )
    }

    /// The exchange that reaches every server of a topic; its name does not hold the control exchange.
    public func fanoutExchange(topic: String) -> ExchangeShape {
        ExchangeShape(
            name: "\(topic)_fanout",
            type: "fanout",
            isDurable: transientQuorumQueues,
            isAutoDelete: true
        )
    }

    /// The queue that replies come to.
    ///
    /// - Parameter unique: 32 hexadecimal digits, or what a queue manager counts.
    public func replyQueue(unique: String) -> QueueShape { temporaryQueue("reply_\(unique)") }

    /// A queue of one process, which expires when nobody uses it any more.
    public func temporaryQueue(_ name: String) -> QueueShape {
        QueueShape(
            name: name,
            isDurable: transientQuorumQueues,
            isAutoDelete: false,
            arguments: mirroring + (transientQuorumQueues ? quorum : []) + expiry
        )
    }

    /// The queue of a topic, or of one server of it.
    public func topicQueue(_ name: String) -> QueueShape {
        QueueShape(
            name: name,
            isDurable: durableQueues || quorumQueues,
            isAutoDelete: autoDelete,
            arguments: mirroring + (quorumQueues ? quorum : [])
        )
    }

    /// The queue through which one server gets the fanouts of a topic; with streams all of them share one.
    ///
    /// - Parameter unique: 32 hexadecimal digits, or what a queue manager counts.
    public func fanoutQueue(topic: String, unique: String) -> QueueShape {
        QueueShape(
            name: streamFanout ? "\(topic)_fanout" : "\(topic)_fanout_\(unique)",
            isDurable: transientQuorumQueues || streamFanout,
            isAutoDelete: false,
            arguments: streamFanout ? stream : mirroring + (transientQuorumQueues ? quorum : []) + expiry
        )
    }

    /// The arguments of the consumer of a fanout queue.
    public var fanoutConsumeArguments: [QueueShape.Entry] {
        consumeArguments + (streamFanout ? [.init(name: "x-stream-offset", value: .text("last"))] : [])
    }

    /// The arguments of every other consumer.
    public var consumeArguments: [QueueShape.Entry] {
        cancelsOnFailover ? [.init(name: "x-cancel-on-ha-failover", value: .flag(true))] : []
    }

    private var mirroring: [QueueShape.Entry] {
        mirroredQueues ? [.init(name: "x-ha-policy", value: .text("all"))] : []
    }

    private var quorum: [QueueShape.Entry] {
        let limits = [
            ("x-delivery-limit", quorumDeliveryLimit), ("x-max-in-memory-length", quorumMaximumMemoryLength),
            ("x-max-in-memory-bytes", quorumMaximumMemoryBytes),
        ]
        return [.init(name: "x-queue-type", value: .text("quorum"))]
            + limits.filter { $0.1 > 0 }.map { .init(name: $0.0, value: .integer($0.1)) }
    }

    private var stream: [QueueShape.Entry] {
        let seconds = transientQueuesTTL.components.seconds
        let age = seconds > 0 ? [QueueShape.Entry(name: "x-max-age", value: .text("\(seconds)s"))] : []
        return [.init(name: "x-queue-type", value: .text("stream"))] + age
    }

    private var expiry: [QueueShape.Entry] {
        let milliseconds = Int(transientQueuesTTL.components.seconds) * 1000
        return milliseconds > 0 ? [.init(name: "x-expires", value: .integer(milliseconds))] : []
    }
}
