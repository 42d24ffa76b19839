// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Names
internal import Synchronization
internal import Threads

/// A consumption on a connection of its own (oslo's PURPOSE_LISTEN), kept alive until it is stopped.
final class RabbitListener: Listener {
    /// Reads a delivery and hands it on; what it throws makes the broker drop the message.
    typealias Receive =
        @Sendable (Delivery, ListeningTopology.Consumer?, DeliverySettlement) throws(UnreadableMessage) -> Void

    /// What the listener needs of the driver around it.
    struct Environment: Sendable {
        var hosts: BrokerHosts
        var topology: ListeningTopology
        var loop: EventLoop
        var logger: Logger
        /// Makes what answers go through ready.
        var prepare: @Sendable () -> Void
        var receive: Receive
    }

    private struct State {
        var machine: ListenerStateMachine
        var session: ListenerSession?
        var continuations: [UniqueID: CheckedContinuation<ListenerStateMachine.Outcome, Never>] = [:]
        var trouble = Trouble()
    }

    let environment: Environment
    private let state: Guarded<State>
    private let timer = Guarded<DeadlineTimer?>(nil)
    /// The offset behind the last message of a stream; less than zero before the first.
    private let offset = Atomic<Int64>(-1)

    init(_ environment: Environment, machine: ListenerStateMachine) {
        self.environment = environment
        state = Guarded(State(machine: machine))
        let timer = DeadlineTimer(loop: environment.loop) { [weak self] now in self?.tick(now) }
        self.timer.withLock { $0 = timer }
    }

    deinit { timer.withLock { $0 }?.stop() }

    func start() {
        environment.prepare()
        perform { $0.start() }
    }

    var isConsuming: Bool { state.withLock { $0.machine.isConsuming } }

    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {
        switch await wait(for: .consuming, deadline: deadline) {
        case .reached: return
        case .stopped: throw MessagingError(.shutdown, "The listener is stopped", stage: .connect)
        case .refused:
            let reason = lastError.map { "\($0)" } ?? "for no known reason"
            throw MessagingError(.brokerConfiguration, "The broker refuses the listener: \(reason)", stage: .connect)
        case .timedOut:
            let error = lastError ?? AMQPError(.connectTimedOut, "there was no time to connect")
            throw MessagingError(unreachable: error)
        }
    }

    func stop(deadline: Moment) async {
        perform { $0.stop() }
        guard await wait(for: .stopped, deadline: deadline) == .timedOut else { return }
        environment.logger.warning("the broker does not answer, dropping the listener's connection")
        state.withLock { $0.session }?.abort()
    }

    func close(deadline: Moment) async {
        await stop(deadline: deadline)
        let session = state.withLock { state in
            defer { state.session = nil }
            return state.session
        }
        await session?.deleteOwnQueuesAndClose(deadline: deadline)
    }

    private var lastError: AMQPError? { state.withLock { $0.trouble.error } }

    private func wait(
        for event: ListenerStateMachine.Event,
        deadline: Moment
    ) async -> ListenerStateMachine.Outcome {
        let id = UniqueID()
        // Not the timer: that one ends with its loop, and this wait has to end in any case.
        let alarm = Task {
            try await Task.sleep(for: max(.zero, deadline - .now))
            perform { $0.tick(now: .now) }
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                let outcome = state.machine.wait(id, for: event, deadline: deadline)
                if outcome == nil { state.continuations[id] = continuation }
                return outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    private func tick(_ now: Moment) -> Moment? {
        perform { $0.tick(now: now) }
        return state.withLock { $0.machine.nextTick }
    }

    private func perform(_ input: (inout ListenerStateMachine) -> [ListenerStateMachine.Action]) {
        for action in state.withLock({ input(&$0.machine) }) {
            switch action {
            case .connect: connect()
            case .repair: repair()
            case .abandon: state.withLock { $0.session }?.retire()
            case .cancelConsumers: cancelConsumers()
            case .resume(let ids, let outcome): resume(ids, outcome)
            }
        }
    }

    private func connect() {
        let session = ListenerSession(listener: self)
        let former = state.withLock { state in
            defer { state.session = session }
            return state.session
        }
        former?.retire()
        session.open { [self] result in sessionDidEstablish(session, result) }
        // A stop in between has seen the former session only.
        if state.withLock({ $0.machine.phase == .stopped }) { session.abort() }
    }

    private func repair() {
        guard let session = state.withLock({ $0.session }) else { return }
        session.repair { [self] result in sessionDidEstablish(session, result) }
    }

    private func cancelConsumers() {
        guard let session = state.withLock({ $0.session }) else { return perform { $0.cancelled() } }
        session.cancelConsumers { [self] in perform { $0.cancelled() } }
    }

    private func resume(_ ids: [UniqueID], _ outcome: ListenerStateMachine.Outcome) {
        for id in ids {
            state.withLock { $0.continuations.removeValue(forKey: id) }?.resume(returning: outcome)
        }
    }
}

extension RabbitListener {
    /// An attempt to connect, or to declare and consume again, has ended.
    func sessionDidEstablish(_ session: ListenerSession, _ result: Result<Void, AMQPError>) {
        // What becomes of a connection that was given up says nothing about the one that took its place.
        guard state.withLock({ $0.session === session }) else { return }
        switch result {
        case .success:
            let isReturn = state.withLock { $0.trouble.end() }
            environment.logger.log(
                level: isReturn ? .notice : .info,
                "listener consumes",
                metadata: ["queues": "\(environment.topology.queueNames)"]
            )
            perform { $0.established(now: .now) }
        case .failure(let error):
            let level = state.withLock { $0.trouble.note(error) }
            environment.logger.log(level: level, "listener cannot consume", metadata: ["error": "\(error)"])
            let random = Double.random(in: 0..<1)
            perform { $0.failed(isRefusal: error.isRefusal, randomFactor: random, now: .now) }
            rearm()
        }
    }

    /// The connection of a session is gone.
    func sessionDidClose(_ session: ListenerSession, _ error: AMQPError?) {
        // An attempt that failed has been told of, and so has a connection that was given up.
        guard state.withLock({ $0.session === session && $0.machine.isEstablished }) else { return }
        if let error {
            environment.logger.warning("listener connection lost", metadata: ["error": "\(error)"])
            _ = state.withLock { $0.trouble.note(error) }
        }
        let random = Double.random(in: 0..<1)
        perform { $0.lost(randomFactor: random, now: .now) }
        rearm()
    }

    /// The broker has taken a queue or the channel away.
    func sessionWasDisturbed(_ session: ListenerSession, _ reason: String) {
        guard state.withLock({ $0.session === session }) else { return }
        environment.logger.notice("listener declares and consumes again", metadata: ["reason": "\(reason)"])
        let random = Double.random(in: 0..<1)
        perform { $0.disturbed(randomFactor: random, now: .now) }
        rearm()
    }

    /// Where to go on in a stream.
    var nextOffset: Int64? {
        let offset = offset.load(ordering: .relaxed)
        return offset < 0 ? nil : offset
    }

    /// Hands a delivery on, or has the broker drop what cannot be read.
    func receive(_ delivery: Delivery, of consumer: ListeningTopology.Consumer?, _ settlement: DeliverySettlement) {
        if consumer?.isStream == true { noteOffset(delivery) }
        do throws(UnreadableMessage) {
            try environment.receive(delivery, consumer, settlement)
        } catch {
            environment.logger.warning(
                "unreadable message dropped",
                metadata: ["queue": "\(consumer?.queue.text ?? "")", "reason": "\(error.reason)"]
            )
            settlement.reject(requeue: false)
        }
    }

    private func noteOffset(_ delivery: Delivery) {
        let header = delivery.properties.headers?[ListeningTopology.Consumer.streamOffset]
        if case .int64(let seen)? = header { offset.store(seen + 1, ordering: .relaxed) }
    }

    private func rearm() {
        if let next = state.withLock({ $0.machine.nextTick }) { arm(next) }
    }

    private func arm(_ instant: Moment) { timer.withLock { $0 }?.arm(instant) }
}
