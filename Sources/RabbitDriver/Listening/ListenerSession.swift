// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Names
internal import Synchronization
internal import Threads

/// One life of a listener's connection, from its opening to its loss.
final class ListenerSession: ConnectionDelegate {
    private struct State {
        var connection: Connection?
        /// Tags of the consumers that run.
        var running: Set<Name> = []
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
            to: environment.hosts.next(purpose: "listen"),
            loop: environment.loop,
            logger: environment.logger,
            delegate: self
        )
        state.withLock { $0.connection = connection }
        connection.start { [self] result in
            switch result {
            case .success: repair(completion: completion)
            case .failure(let error): completion(.failure(error))
            }
        }
    }

    /// Declares and consumes what is not consumed; fails when that does not hold until its end.
    func repair(completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        guard let connection = state.withLock({ $0.connection }) else { return }
        state.withLock { $0.isDeclaring = true }
        establish(on: connection, TopologyAdjustments(), after: nil) { [self] result in
            state.withLock { $0.isDeclaring = false }
            if case .success = result { handOverEarly() }
            completion(result)
        }
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
        let running = state.withLock { $0.running }.sorted()
        // The answer to the last one means that the requeues of late deliveries were read: they stood in line before it.
        let limit = ChannelMethod.qos(prefetchCount: listener.environment.topology.prefetchCount)
        connection.perform(running.map { .cancel(consumerTag: $0) }) { result in
            guard case .success = result else { return completion() }
            connection.perform([limit]) { _ in completion() }
        }
    }

    /// Deletes the listener's own queues and closes, within the deadline.
    func deleteOwnQueuesAndClose(deadline: Moment) async {
        let queues = listener.environment.topology.ownQueues
        await state.withLock({ $0.connection })?.deleteQueuesAndClose(queues, deadline: deadline)
    }
}

extension ListenerSession {
    /// Runs the topology; a declaration that the broker holds in another form is repeated in that form.
    private func establish(
        on connection: Connection,
        _ adjustments: TopologyAdjustments,
        after refusal: AMQPError?,
        completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void
    ) {
        let topology = listener.environment.topology
        let running = state.withLock { $0.running }
        let steps = topology.steps(adjustments, running: running, offset: listener.nextOffset)
        for case .consume(let consumer) in steps {
            // Known before the answer: the first deliveries, or a cancellation, may come with it.
            state.withLock { state in _ = state.running.insert(consumer.tag) }
        }
        connection.perform(steps.map(\.method)) { [self] result in
            guard case .failure(let error) = result else { return completion(checkRunning()) }
            var adjustments = adjustments
            guard let index = error.step, adjustments.note(error, of: steps[index], in: topology) else {
                // The refusal of what was asked for first says more than that of the form that was tried after it.
                let isSame = refusal?.reply?.refused == error.reply?.refused
                return completion(.failure(isSame ? refusal ?? error : error))
            }
            listener.environment.logger.info(
                "declared in another form already, taking it as it is",
                metadata: ["error": "\(error)"]
            )
            establish(on: connection, adjustments, after: error, completion: completion)
        }
    }

    private func checkRunning() -> Result<Void, AMQPError> {
        guard state.withLock({ $0.running.count }) == listener.environment.topology.consumers.count else {
            return .failure(AMQPError(.channelClosed, "a consumer was cancelled at once"))
        }
        return .success(())
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

    func connection(_ connection: Connection, consumerWasCancelled consumerTag: Name) {
        state.withLock { state in _ = state.running.remove(consumerTag) }
        listener.sessionWasDisturbed(self, "a consumer was cancelled by the broker")
    }

    func connection(_ connection: Connection, channelDidClose channel: Int, error: AMQPError) {
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
