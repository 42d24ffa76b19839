// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

/// What a consumer declares, binds and consumes, free of any connection.
struct ListeningTopology: Sendable, Equatable {
    /// A queue, and how messages get into it.
    struct Source: Sendable, Equatable {
        /// The exchange it is bound to; nil for the default exchange, which needs no binding.
        var exchange: ExchangeDeclaration?
        var queue: QueueDeclaration
        var bindingKey: Name
        /// Whether a queue that exists in another form is consumed as it is.
        var takesAnyForm = false
    }

    /// A consumer of one of the queues.
    struct Consumer: Sendable, Equatable {
        var tag: Name
        var queue: Name
        var arguments: FieldTable
        /// Whether the queue is this listener's alone, or a stream: a message given back would be lost, or stays
        /// anyway.
        var isOwn = false
        var isStream = false
    }

    /// One method that is sent to the broker.
    enum Step: Sendable, Equatable {
        case qos(prefetchCount: Int)
        case declareExchange(ExchangeDeclaration)
        case declareQueue(QueueDeclaration)
        case bind(queue: Name, exchange: Name, key: Name)
        case consume(Consumer)
    }

    /// The most unacknowledged deliveries of each consumer, where the options leave it open.
    ///
    /// oslo.messaging acknowledges on arrival and then queues without a bound. Here a message is acknowledged when its
    /// work starts, so this bounds what waits in the process; the rest waits at the broker, where other servers can
    /// have it.
    static let defaultPrefetchCount = 1000

    var prefetchCount: Int
    var sources: [Source]
    var consumers: [Consumer]
    /// Queues that are deleted when the consumer closes.
    var ownQueues: [Name] = []
    /// A consumer of what comes late to a queue of ours under its former name, while that exists.
    var formerConsumer: Consumer?
    /// Whether another consumer of a queue can only be a dead one of our own, which would get a part of the messages.
    var isSoleConsumer = false

    /// The methods in oslo.messaging's order: every exchange again before its queue, consumers last.
    ///
    /// - Parameters:
    ///   - adjustments: what the broker has revealed about queues and exchanges that exist in another form.
    ///   - running: tags of consumers that are running.
    ///   - offset: where to go on in a stream; nil starts at its end.
    func steps(
        _ adjustments: TopologyAdjustments = TopologyAdjustments(),
        running: Set<Name> = [],
        offset: Int64? = nil
    ) -> [Step] {
        let declarations = sources.flatMap { source -> [Step] in
            let queue = Step.declareQueue(adjustments.adjusted(source))
            guard let exchange = source.exchange else { return [queue] }
            return [
                .declareExchange(adjustments.conflicts.adjusted(exchange)), queue,
                .bind(queue: source.queue.name, exchange: exchange.name, key: source.bindingKey),
            ]
        }
        let consumes = consumers.filter { !running.contains($0.tag) }
            .map { Step.consume($0.starting(at: offset)) }
        // No limit is what a channel begins with.
        let limit = prefetchCount > 0 ? [Step.qos(prefetchCount: prefetchCount)] : []
        return limit + declarations + consumes
    }

    /// The same with a new name for its own queue. If the former one was consumed, what comes late to it still is.
    func renewed(wasConsumed: Bool) -> ListeningTopology {
        guard let name = ownQueues.first, let consumer = consumers.first(where: { $0.queue == name }) else {
            return self
        }
        var topology = self
        topology.rename(name, to: name.withNewDigits)
        guard wasConsumed else { return topology }
        topology.formerConsumer = consumer
        topology.formerConsumer?.tag = Consumer.formerTag
        topology.ownQueues = topology.ownQueues.prefix(1) + [name]
        return topology
    }

    /// The same without the queue of the former name.
    var withoutFormer: ListeningTopology {
        var topology = self
        topology.ownQueues.removeAll { $0 == formerConsumer?.queue }
        topology.formerConsumer = nil
        return topology
    }

    private mutating func rename(_ name: Name, to newName: Name) {
        for index in sources.indices where sources[index].queue.name == name {
            // At the default exchange a queue's name is its key.
            if sources[index].exchange == nil { sources[index].bindingKey = newName }
            sources[index].queue.name = newName
        }
        for index in consumers.indices where consumers[index].queue == name { consumers[index].queue = newName }
        ownQueues = ownQueues.map { $0 == name ? newName : $0 }
    }

    /// Whether the broker may hold a queue of ours in a state in which it serves nobody, now that a step has failed.
    /// Another name does not bring a missing right, and a queue that was just declared would stay behind.
    func mayBlameOwnQueue(_ error: AMQPError, of step: Step) -> Bool {
        switch step {
        case .declareQueue(let queue): ownQueues.contains(queue.name)
        case .bind(let queue, _, _): ownQueues.contains(queue) && error.code != .accessRefused
        case .consume(let consumer): ownQueues.contains(consumer.queue) && error.code != .accessRefused
        case .qos, .declareExchange: false
        }
    }

    /// The queues that are consumed, for people.
    var queueNames: String { consumers.map(\.queue.text).joined(separator: ", ") }

    func consumer(_ tag: Name) -> Consumer? { consumers.first { $0.tag == tag } }
}

extension Name {
    /// The name with other digits at its end, or with added ones if it has none, cut where there is no room.
    fileprivate var withNewDigits: Name {
        let (digits, bytes) = (UniqueID().hexadecimal, Array(utf8))
        let tail = bytes.suffix(32)
        let hasDigits = tail.count == 32 && tail.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        let stem = hasDigits ? Array(bytes.dropLast(32)) : Array(bytes.prefix(222)) + [UInt8(ascii: "_")]
        return Name(String(decoding: stem, as: UTF8.self) + digits)
    }
}

extension ListeningTopology.Consumer {
    /// The tag of the consumer of what comes late.
    static let formerTag = Name("former")
    static let streamOffset = "x-stream-offset"

    /// The consumer of a stream, going on after what it has seen.
    fileprivate func starting(at offset: Int64?) -> Self {
        guard isStream, let offset else { return self }
        var consumer = self
        consumer.arguments[Self.streamOffset] = .int64(offset)
        return consumer
    }
}

extension ListeningTopology.Step {
    /// The method that the step is.
    var method: ChannelMethod {
        switch self {
        case .qos(let count): .qos(prefetchCount: count)
        case .declareExchange(let exchange): .declareExchange(exchange)
        case .declareQueue(let queue): .declareQueue(queue)
        case .bind(let queue, let exchange, let key): .bindQueue(queue, exchange: exchange, routingKey: key)
        case .consume(let consumer):
            .consume(queue: consumer.queue, consumerTag: consumer.tag, arguments: consumer.arguments)
        }
    }
}

/// How the declarations of a listener give way to what the broker already holds.
struct TopologyAdjustments: Sendable, Equatable {
    private(set) var conflicts = DurableConflicts()
    private var passive: Set<Name> = []
    private var count = 0

    /// Learns from a refused step; returns whether it is worth another try.
    mutating func note(_ error: AMQPError, of step: ListeningTopology.Step, in topology: ListeningTopology) -> Bool {
        // Each exchange gives way once and each queue twice: giving way cannot end more refusals than that.
        guard count <= 3 * topology.sources.count else { return false }
        count += 1
        return topology.sources.contains { source in
            guard source.isDeclared(by: step) else { return false }
            return conflicts.note(error, exchange: source.exchange, queue: source.queue) || notePassive(error, source)
        }
    }

    /// The queue of a source as it is to be declared.
    func adjusted(_ source: ListeningTopology.Source) -> QueueDeclaration {
        var queue = conflicts.adjusted(source.queue, of: source.exchange)
        queue.isPassive = passive.contains(queue.name)
        return queue
    }

    private mutating func notePassive(_ error: AMQPError, _ source: ListeningTopology.Source) -> Bool {
        guard source.takesAnyForm, error.code == .preconditionFailed else { return false }
        return passive.insert(source.queue.name).inserted
    }
}

extension ListeningTopology.Source {
    /// Whether a step declares the exchange or the queue of this source.
    fileprivate func isDeclared(by step: ListeningTopology.Step) -> Bool {
        switch step {
        case .declareExchange(let exchange): self.exchange?.name == exchange.name
        case .declareQueue(let queue): self.queue.name == queue.name
        default: false
        }
    }
}
