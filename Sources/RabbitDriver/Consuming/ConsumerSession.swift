// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Names
internal import Synchronization
internal import Threads

/// One life of a consumer's connection, from its opening to its loss.
final class ConsumerSession: ConnectionDelegate {
    /// Why an attempt has failed.
    struct Failure: Error {
        var error: AMQPError
        /// Whether the connection was there, and declaring or consuming failed.
        var isDeclaration: Bool
        /// Whether the broker may hold a queue of our own in a state in which it serves nobody.
        var mayBlameOwnQueue = false
    }

    private struct State {
        var connection: Connection?
        /// What was asked for last.
        var steps: [ListeningTopology.Step] = []
        /// Tags of the consumers that run.
        var running: Set<Name> = []
        /// Whether all has been consumed once over this connection.
        var wasEstablished = false
        /// What came while declarations were under way: handed over when they have succeeded, since a failure would
        /// close the channel and void the acknowledgements.
        var early: [Delivery] = []
    }

    private let supervisor: ConsumerSupervisor
    private let state = Guarded(State())
    /// Whether declarations are under way: a refused one closes the channel, which is no news then.
    private let declaringFlag = Atomic(false)
    private let stoppingFlag = Atomic(false)
    private let retiredFlag = Atomic(false)
    /// The deliveries that are read and not yet acknowledged, where many are acknowledged together.
    let settlements: ReplySettlements

    /// The channel of the consumers, and another one for questions that may close the channel.
    private static let (channel, questions) = (1, 2)

    init(_ supervisor: ConsumerSupervisor) {
        self.supervisor = supervisor
        settlements = ReplySettlements(prefetchCount: supervisor.consumption.topology.prefetchCount)
    }

    /// Connects, declares and consumes; the completion runs once.
    func open(completion: @escaping @Sendable (Result<Void, Failure>) -> Void) {
        let environment = supervisor.environment
        let connection = environment.hosts.connection(
            purpose: environment.purpose,
            loop: environment.loop,
            logger: environment.logger,
            delegate: self
        )
        state.withLock { $0.connection = connection }
        let channels = supervisor.consumption.topology.formerConsumer == nil ? Self.channel : Self.questions
        connection.start(channels: channels) { [self] result in
            switch result {
            case .success: establish(completion: completion)
            case .failure(let error): completion(.failure(Failure(error: error, isDeclaration: false)))
            }
        }
    }

    /// Declares everything and consumes what is not consumed; fails if a consumer is lost before it has finished.
    func establish(completion: @escaping @Sendable (Result<Void, Failure>) -> Void) {
        guard let connection = state.withLock({ $0.connection }) else { return }
        let topology = supervisor.consumption.topology
        declaringFlag.store(true, ordering: .releasing)
        run(topology, on: connection, TopologyAdjustments(), after: nil) { [self] result in
            declaringFlag.store(false, ordering: .releasing)
            if case .success = result {
                state.withLock { $0.wasEstablished = true }
                handOverEarly()
            }
            completion(result.mapError { failure($0, in: topology) })
            if case .success = result { consumeFormerQueue(of: topology, on: connection) }
        }
    }

    private func failure(_ error: AMQPError, in topology: ListeningTopology) -> Failure {
        let step = state.withLock { state in error.step.flatMap { state.steps.dropFirst($0).first } }
        let mayBlame = step.map { topology.mayBlameOwnQueue(error, of: $0) } ?? true
        return Failure(error: error, isDeclaration: true, mayBlameOwnQueue: mayBlame)
    }

    /// Drops the connection; what is not acknowledged goes back to its queues.
    func abandon() {
        retiredFlag.store(true, ordering: .releasing)
        state.withLock { $0.connection }?.abort()
    }

    /// Ends the connection in order if it is open, so that acknowledgements on their way are not lost.
    func retire() {
        guard let connection = state.withLock({ $0.connection }), connection.isOpen else { return abandon() }
        retiredFlag.store(true, ordering: .releasing)
        connection.close()
    }

    /// Whether the consumers are being cancelled.
    var isStopping: Bool { stoppingFlag.load(ordering: .acquiring) }

    /// Whether the connection was given up: what comes over it goes back to its queues with it.
    var isRetired: Bool { retiredFlag.load(ordering: .acquiring) }

    /// A message of our own has come back.
    func loopbackArrived() { supervisor.loopbackArrived() }

    /// Notes that the consumers are gone with their queue.
    func forgetConsumers() {
        let tags = supervisor.consumption.topology.consumers.map(\.tag)
        state.withLock { $0.running.subtract(tags) }
    }

    /// Cancels the consumers; when the completion runs the broker has taken back what was on its way.
    func cancelConsumers(completion: @escaping @Sendable () -> Void) {
        stoppingFlag.store(true, ordering: .releasing)
        guard let connection = state.withLock({ $0.connection }) else { return completion() }
        let running = state.withLock { $0.running }.sorted()
        // The answer to the last one means that the requeues of late deliveries have been read: they stood in line
        // before it.
        let limit = ChannelMethod.qos(prefetchCount: supervisor.consumption.topology.prefetchCount)
        connection.perform(running.map { .cancel(consumerTag: $0) }) { result in
            guard case .success = result else { return completion() }
            connection.perform([limit]) { _ in completion() }
        }
    }

    /// Deletes the consumer's own queues, which nobody will read any more, and closes, without waiting past the
    /// deadline for either.
    func deleteOwnQueuesAndClose(deadline: Moment) async {
        guard let connection = state.withLock({ $0.connection }) else { return }
        guard connection.isOpen else { return connection.abort() }
        // Neither answer of the broker is waited for past the deadline.
        let alarm = Task {
            try await Task.sleep(for: max(.zero, deadline - .now))
            connection.abort()
        }
        defer { alarm.cancel() }
        let queues = supervisor.consumption.topology.ownQueues
        _ = await withCheckedContinuation { continuation in
            connection.perform(queues.map { .deleteQueue($0) }) { continuation.resume(returning: $0) }
        }
        await withCheckedContinuation { continuation in connection.close { continuation.resume() } }
    }
}

extension ConsumerSession {
    /// Runs the topology; a declaration that the broker holds in another form is repeated in that form.
    private func run(
        _ topology: ListeningTopology,
        on connection: Connection,
        _ adjustments: TopologyAdjustments,
        after refusal: AMQPError?,
        completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void
    ) {
        let running = state.withLock { $0.running }
        let steps = topology.steps(adjustments, running: running, offset: supervisor.consumption.streamOffset)
        state.withLock { $0.steps = steps }
        for case .consume(let consumer) in steps {
            // Noted before the answer: the first deliveries, or a cancellation, may come along with it.
            state.withLock { state in _ = state.running.insert(consumer.tag) }
        }
        connection.perform(steps.map(\.method)) { [self] result in
            switch result {
            case .success(let replies): completion(check(topology, replies))
            case .failure(let error):
                var adjustments = adjustments
                guard let index = error.step, adjustments.note(error, of: steps[index], in: topology) else {
                    // The refusal of what was asked for first says more than that of the form that was tried next.
                    let isSame = refusal?.reply?.refused == error.reply?.refused
                    return completion(.failure(isSame ? refusal ?? error : error))
                }
                supervisor.environment.logger.info(
                    "declared in another form already, taking it as it is",
                    metadata: ["error": "\(error)"]
                )
                run(topology, on: connection, adjustments, after: error, completion: completion)
            }
        }
    }

    private func check(_ topology: ListeningTopology, _ replies: [MethodReply]) -> Result<Void, AMQPError> {
        let (running, wasEstablished) = state.withLock { ($0.running, $0.wasEstablished) }
        guard topology.consumers.allSatisfy({ running.contains($0.tag) }) else {
            return .failure(AMQPError(.channelClosed, "a consumer was cancelled at once"))
        }
        if topology.isSoleConsumer, !wasEstablished {
            for case .queue(let declared) in replies where declared.consumerCount > 0 {
                return .failure(AMQPError(.resourceLocked, "the queue has another consumer"))
            }
        }
        return .success(())
    }

    /// Consumes what comes late to the queue of the former name; it does not matter if there is no such queue.
    private func consumeFormerQueue(of topology: ListeningTopology, on connection: Connection) {
        guard let consumer = topology.formerConsumer, connection.channelCount >= Self.questions else { return }
        guard !state.withLock({ $0.running.contains(consumer.tag) }) else { return }
        // The answer that it is missing closes the channel, which must not be the one of the consumers.
        let question = ChannelMethod.declareQueue(QueueDeclaration(name: consumer.queue, isPassive: true))
        connection.perform([question], on: Self.questions) { [self] result in
            guard case .success = result else { return supervisor.consumption.forgetFormerQueue() }
            state.withLock { state in _ = state.running.insert(consumer.tag) }
            connection.perform([ListeningTopology.Step.consume(consumer).method]) { _ in }
        }
    }

    private func handOverEarly() {
        let (connection, early) = state.withLock { state in
            defer { state.early = [] }
            return (state.connection, state.early)
        }
        if let connection, !early.isEmpty { handOver(early, on: connection) }
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {
        if declaringFlag.load(ordering: .acquiring) { return state.withLock { $0.early += deliveries } }
        handOver(deliveries, on: connection)
    }

    private func handOver(_ deliveries: [Delivery], on connection: Connection) {
        if !isRetired { supervisor.consumption.receive(deliveries, on: connection, of: self) }
    }

    func connection(_ connection: Connection, consumerWasCancelled consumerTag: Name) {
        state.withLock { state in _ = state.running.remove(consumerTag) }
        // The consumer of the former queue may go at any time.
        guard supervisor.consumption.topology.consumer(consumerTag) != nil else { return }
        supervisor.sessionWasDisturbed(self, "a consumer was cancelled by the broker")
    }

    func connection(_ connection: Connection, channelDidClose channel: Int, error: AMQPError) {
        guard channel == Self.channel else { return }
        state.withLock { state in (state.running, state.early) = ([], []) }
        let isDeclaring = declaringFlag.load(ordering: .acquiring)
        if !isDeclaring { supervisor.sessionWasDisturbed(self, "the channel was closed: \(error)") }
    }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        supervisor.sessionDidClose(self, error)
    }
}
