//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import Logging
internal import Synchronization
internal import Threads

/// One life of a listener's connection, from its opening to its loss.
final class ListenerSession: ConnectionDelegate {
    private struct State {
        var connection: Connection?
        /// Tags of the consumers that run.
        var running: Set<String> = []
        /// Whether declarations are under way: a refused one closes the channel, which is then no news.
        var isDeclaring = false
        /// What came while they were: handed over when they have succeeded. What they end with would take the
        /// acknowledgements along.
        var early: [Delivery] = []
    }

    private let listener: RabbitListener
    private let state = Guarded(State())
    private let isStopping = Atomic(false)
    private let isRetired = Atomic(false)

    init(listener: RabbitListener) { self.listener = listener }

    /// Connects, declares and consumes; the completion runs once.
    func open(completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        let environment = listener.environment
        let connection = Connection(
            configuration: environment.hosts.next(purpose: "listen"),
            logger: environment.logger,
            delegate: self
        )
        state.withLock { $0.connection = connection }
        connection.start(
            setUp: { [self] channel throws(AMQPError) in try establish(on: channel) },
            completion: completion
        )
    }

    /// Declares again and consumes what is not consumed; fails when that does not hold until its end.
    func repair(completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        guard let connection = state.withLock({ $0.connection }) else { return }
        connection.perform(
            { [self] channel throws(AMQPError) in try establish(on: channel) },
            completion: completion
        )
    }

    /// Drops the connection; what is not acknowledged goes back to its queues.
    func abort() {
        isRetired.store(true, ordering: .releasing)
        state.withLock { $0.connection }?.abort()
    }

    /// Ends the connection in order where it is open: acknowledgements on their way are not lost.
    func retire() {
        guard let connection = state.withLock({ $0.connection }), connection.isOpen else { return abort() }
        isRetired.store(true, ordering: .releasing)
        connection.close()
    }

    /// Cancels the consumers; when the completion runs the broker has taken back what was on its way.
    func cancelConsumers(completion: @escaping @Sendable () -> Void) {
        isStopping.store(true, ordering: .releasing)
        guard let connection = state.withLock({ $0.connection }) else { return completion() }
        let prefetchCount = listener.environment.topology.prefetchCount
        connection.perform(
            { [self] channel throws(AMQPError) in
                for tag in state.withLock({ $0.running }).sorted() { try channel.cancel(consumerTag: tag) }
            },
            completion: { result in
                guard case .success = result else { return completion() }
                // The requeues of late deliveries stand in line by now: the answer to this means that they were read.
                connection.perform(
                    { channel throws(AMQPError) in try channel.qos(prefetchCount: prefetchCount) },
                    completion: { _ in completion() }
                )
            }
        )
    }

    /// Deletes the listener's own queues and closes, within the deadline.
    func deleteOwnQueuesAndClose(deadline: ContinuousClock.Instant) async {
        let queues = listener.environment.topology.ownQueues
        await state.withLock({ $0.connection })?.deleteQueuesAndClose(queues, deadline: deadline)
    }
}

extension ListenerSession {
    /// Runs the topology; a declaration that the broker holds in another form is repeated in that form.
    private func establish(on channel: Channel) throws(AMQPError) {
        state.withLock { $0.isDeclaring = true }
        defer { state.withLock { $0.isDeclaring = false } }
        let topology = listener.environment.topology
        var adjustments = TopologyAdjustments()
        while true {
            do throws(AMQPError) {
                try run(topology, adjustments, on: channel)
                return handOverEarly()
            } catch {
                guard adjustments.note(error, in: topology) else { throw error }
                listener.environment.logger.info(
                    "declared in another form already, taking it as it is",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }

    private func run(
        _ topology: ListeningTopology,
        _ adjustments: TopologyAdjustments,
        on channel: Channel
    ) throws(AMQPError) {
        let running = state.withLock { $0.running }
        for step in topology.steps(adjustments, running: running, offset: listener.nextOffset) {
            // Known before the answer: the first deliveries, or a cancellation, may come with it.
            if case .consume(let consumer) = step { state.withLock { state in _ = state.running.insert(consumer.tag) } }
            try channel.perform(step)
        }
        guard state.withLock({ $0.running.count }) == topology.consumers.count else {
            throw AMQPError(.channelClosed, "a consumer was cancelled at once")
        }
    }

    private func handOverEarly() {
        let (connection, early) = state.withLock { state in
            defer { state.early = [] }
            return (state.connection, state.early)
        }
        if let connection { handOver(early, on: connection) }
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {
        let waits = state.withLock { state in
            if state.isDeclaring { state.early += deliveries }
            return state.isDeclaring
        }
        if !waits { handOver(deliveries, on: connection) }
    }

    private func handOver(_ deliveries: [Delivery], on connection: Connection) {
        let isStopping = isStopping.load(ordering: .acquiring)
        // What comes through a connection that was given up goes back with it.
        for delivery in deliveries where !isRetired.load(ordering: .acquiring) {
            let consumer = listener.environment.topology.consumer(delivery.consumerTag)
            if isStopping, consumer?.isOwn != true {
                connection.reject(deliveryTag: delivery.deliveryTag, requeue: true)
            } else {
                listener.receive(delivery, of: consumer, DeliverySettlement(delivery, on: connection))
            }
        }
    }

    func connection(_ connection: Connection, didBlock reason: String) {}

    func connectionDidUnblock(_ connection: Connection) {}

    func connection(_ connection: Connection, consumerWasCancelled consumerTag: String) {
        state.withLock { state in _ = state.running.remove(consumerTag) }
        listener.sessionWasDisturbed(self, "a consumer was cancelled by the broker")
    }

    func connection(_ connection: Connection, channelDidClose error: AMQPError) {
        let isDeclaring = state.withLock { state in
            (state.running, state.early) = ([], [])
            return state.isDeclaring
        }
        if !isDeclaring { listener.sessionWasDisturbed(self, "the channel was closed: \(error)") }
    }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        listener.sessionDidClose(self, error)
    }
}
