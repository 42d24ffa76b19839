// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Names
internal import Synchronization
internal import Threads

/// What a supervisor keeps alive: what is declared and consumed, and what becomes of the deliveries.
protocol Consumption: AnyObject, Sendable {
    /// What is declared and consumed, read anew for every attempt.
    var topology: ListeningTopology { get }

    /// Where to go on in a stream; nil for its end.
    var streamOffset: Int64? { get }

    /// Takes new names for the queues that are its own.
    func renew()

    /// What the topology names is consumed.
    func established()

    /// The queue of the former name cannot be consumed.
    func forgetFormerQueue()

    /// Sends a message to its own queue, and tells the supervisor when the broker has taken it.
    func sendLoopback(_ supervisor: ConsumerSupervisor)

    /// Takes deliveries, on the loop, in their order.
    func receive(_ deliveries: [Delivery], on connection: Connection, of session: ConsumerSession)
}

extension Consumption {
    var streamOffset: Int64? { nil }
    func renew() {}
    func established() {}
    func forgetFormerQueue() {}
    func sendLoopback(_ supervisor: ConsumerSupervisor) {}
}

/// Keeps a consumption alive on a connection of its own (oslo's PURPOSE_LISTEN) until it is stopped.
final class ConsumerSupervisor: Sendable {
    /// What the supervisor needs of the driver around it.
    struct Environment: Sendable {
        var hosts: BrokerHosts
        /// What the connection is for, in its name.
        var purpose: String
        /// What comes over it, in the log.
        var subject: String
        var loop: EventLoop
        var logger: Logger
        var troubles: TroubleLog
    }

    private struct State {
        var machine: ConsumerStateMachine
        var session: ConsumerSession?
        var completions: [UniqueID: @Sendable (ConsumerStateMachine.Outcome) -> Void] = [:]
        /// What keeps the consumer from its messages; nil while all is well.
        var trouble: AMQPError?
    }

    let environment: Environment
    let consumption: any Consumption
    private let state: Guarded<State>
    private let timer = Guarded<DeadlineTimer?>(nil)
    /// Read on every call without the lock.
    private let consumingFlag = Atomic(false)

    init(_ environment: Environment, _ consumption: any Consumption, machine: ConsumerStateMachine) {
        self.environment = environment
        self.consumption = consumption
        state = Guarded(State(machine: machine))
        let timer = DeadlineTimer(loop: environment.loop) { [weak self] now in self?.tick(now) }
        self.timer.withLock { $0 = timer }
    }

    deinit { timer.withLock { $0 }?.stop() }

    /// Connects, and keeps connecting until the stop; only the first call does anything.
    func start() { input { machine, _ in machine.start() } }

    var isConsuming: Bool { consumingFlag.load(ordering: .acquiring) }

    /// Whether it consumes or nobody has started it, when a message of its own last came back, and what is wrong.
    var status: (isWell: Bool, lastLoopback: Moment?, problem: AMQPError?) {
        state.withLock { state in
            let isConsuming = state.machine.isConsuming
            let isWell = isConsuming || state.machine.phase == .idle
            return (isWell, state.machine.lastLoopback, isConsuming ? nil : state.trouble)
        }
    }

    /// The last error; nil while all is well.
    var lastError: AMQPError? { state.withLock { $0.trouble } }

    /// Tells how a wait ends, at once or later; one that ends at its deadline may be told a little late.
    func wait(
        _ id: UniqueID,
        _ wait: ConsumerStateMachine.Wait,
        completion: @escaping @Sendable (ConsumerStateMachine.Outcome) -> Void
    ) {
        let outcome = state.withLock { state in
            let outcome = state.machine.wait(id, wait)
            if outcome == nil { state.completions[id] = completion }
            return outcome
        }
        if let outcome { completion(outcome) }
    }

    /// Waits and returns by the deadline.
    func wait(
        for event: ConsumerStateMachine.Wait.Event,
        deadline: Moment
    ) async -> ConsumerStateMachine.Outcome {
        let id = UniqueID()
        // Not by the timer, which ends with its loop: this wait has to end in any case.
        let alarm = Task {
            try await Task.sleep(for: max(.zero, deadline - .now))
            input { machine, now in machine.tick(now: now) }
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { continuation in
            wait(id, .init(event: event, deadline: deadline, endsAtRefusal: true)) {
                continuation.resume(returning: $0)
            }
        }
    }

    /// Stops consuming; no delivery comes after it returns.
    func stop(deadline: Moment) async {
        input { machine, _ in machine.stop() }
        guard await wait(for: .stopped, deadline: deadline) == .timedOut else { return }
        environment.logger.warning("the broker does not answer, dropping the consumer's connection")
        state.withLock { $0.session }?.abandon()
    }

    /// Stops, deletes the queues that are its own and closes the connection, within the deadline.
    func close(deadline: Moment) async {
        await stop(deadline: deadline)
        timer.withLock { $0 }?.stop()
        let session = state.withLock { state in
            defer { state.session = nil }
            return state.session
        }
        await session?.deleteOwnQueuesAndClose(deadline: deadline)
    }

    private func tick(_ now: Moment) -> Moment? {
        perform { machine, _ in machine.tick(now: now) }
        return state.withLock { $0.machine.nextTick(now: .now) }
    }

    private func input(_ body: (inout ConsumerStateMachine, Moment) -> [ConsumerStateMachine.Action]) {
        perform(body)
        if let next = state.withLock({ $0.machine.nextTick(now: .now) }) { timer.withLock { $0 }?.arm(next) }
    }

    private func perform(_ body: (inout ConsumerStateMachine, Moment) -> [ConsumerStateMachine.Action]) {
        let actions = state.withLock { state in
            defer { consumingFlag.store(state.machine.isConsuming, ordering: .releasing) }
            return body(&state.machine, .now)
        }
        if actions.contains(.abandon), actions.contains(.renew) { tellOfDeafness() }
        for action in actions {
            switch action {
            case .connect: connect()
            case .repair: if let session = state.withLock({ $0.session }) { repair(session) }
            case .retire: state.withLock { $0.session }?.retire()
            case .abandon: state.withLock { $0.session }?.abandon()
            case .renew: consumption.renew()
            case .sendLoopback: consumption.sendLoopback(self)
            case .cancelConsumers: cancelConsumers()
            case .resume(let ids, let outcome):
                for id in ids { state.withLock { $0.completions.removeValue(forKey: id) }?(outcome) }
            }
        }
    }

    private func connect() {
        let session = ConsumerSession(self)
        let former = state.withLock { state in
            defer { state.session = session }
            return state.session
        }
        // One that could not be mended may still be open.
        former?.retire()
        session.open { [self] result in sessionDidEstablish(session, result) }
        // A stop in the meantime has seen the former session only.
        if state.withLock({ $0.machine.phase == .stopped }) { session.abandon() }
    }

    private func repair(_ session: ConsumerSession) {
        session.establish { [self] result in sessionDidEstablish(session, result) }
    }

    private func cancelConsumers() {
        guard let session = state.withLock({ $0.session }) else { return input { machine, _ in machine.cancelled() } }
        session.cancelConsumers { [self] in input { machine, _ in machine.cancelled() } }
    }
}

extension ConsumerSupervisor {
    // What becomes of a connection that was given up says nothing about the one that replaced it.
    private func isCurrent(_ session: ConsumerSession) -> Bool { state.withLock { $0.session === session } }

    /// An attempt to connect, or to declare and consume again, has ended.
    func sessionDidEstablish(_ session: ConsumerSession, _ result: Result<Void, ConsumerSession.Failure>) {
        guard isCurrent(session) else { return }
        switch result {
        case .success:
            let isReturn = state.withLock { $0.trouble.take() != nil }
            environment.troubles.end(subject)
            environment.logger.log(
                level: isReturn ? .notice : .debug,
                "\(isReturn ? "broker is back, " : "")\(environment.subject) can be received",
                metadata: ["queues": "\(consumption.topology.queueNames)"]
            )
            consumption.established()
            input { machine, now in machine.established(now: now) }
        case .failure(let failure):
            let subject = failure.isDeclaration ? subject : nil
            tell("\(environment.subject) cannot be received, connecting again", failure.error, of: subject)
            let random = Double.random(in: 0..<1)
            input { machine, now in
                machine.failed(
                    isRefusal: failure.error.isRefusal,
                    mayBlameOwnQueue: failure.mayBlameOwnQueue,
                    randomFactor: random,
                    now: now
                )
            }
        }
    }

    /// The connection of a session is gone.
    func sessionDidClose(_ session: ConsumerSession, _ error: AMQPError?) {
        // A failed attempt has already been reported, and so has a connection that was given up.
        guard isCurrent(session), state.withLock({ $0.machine.isEstablished }) else { return }
        if let error { tell("broker lost, \(environment.subject) cannot be received", error, of: nil) }
        let random = Double.random(in: 0..<1)
        input { machine, now in machine.lost(isSilent: error?.isSilence == true, randomFactor: random, now: now) }
    }

    /// The broker has taken a queue or the channel away.
    func sessionWasDisturbed(_ session: ConsumerSession, _ reason: String) {
        guard isCurrent(session) else { return }
        environment.logger.notice(
            "declaring and consuming the queue of \(environment.subject) again",
            metadata: ["reason": "\(reason)"]
        )
        let random = Double.random(in: 0..<1)
        input { machine, now in machine.disturbed(randomFactor: random, now: now) }
    }

    /// The broker takes our own messages, and none comes back: whatever the reason, nothing else reports it.
    private func tellOfDeafness() {
        let error = AMQPError(.timedOut, "messages of our own do not come back through our queue")
        tell("\(environment.subject) cannot be received, connecting again", error, of: subject)
    }

    private func tell(_ message: Logger.Message, _ error: AMQPError, of subject: Name?) {
        state.withLock { $0.trouble = error }
        environment.troubles.tell(message, error, of: subject, to: environment.logger)
    }

    /// Whose trouble it is when the broker refuses what is declared and consumed. The names of own queues change.
    private var subject: Name {
        let topology = consumption.topology
        let shared = topology.consumers.first { !topology.ownQueues.contains($0.queue) }
        return shared?.queue ?? Name(environment.subject)
    }

    /// A message of our own has come back.
    func loopbackArrived() { state.withLock { $0.machine.loopbackArrived(now: .now) } }

    /// The broker has taken a message of our own, or says what became of it.
    func loopbackEnded(_ result: Result<Void, MessagingError>, sentAt: Moment) {
        switch result {
        case .success: state.withLock { $0.machine.loopbackConfirmed(sentAt: sentAt) }
        case .failure(let error) where error.code == .undeliverable:
            // Late news while the queue is being declared again, as after a basic.cancel, must not undo the declaring.
            guard let session = state.withLock({ $0.machine.isConsuming ? $0.session : nil }) else { return }
            session.forgetConsumers()
            sessionWasDisturbed(session, "the queue is gone")
        case .failure: break
        }
    }
}

extension AMQPError {
    /// Whether the broker refuses what is declared or consumed.
    var isRefusal: Bool {
        [.preconditionFailed, .accessRefused, .notAllowed, .resourceLocked, .invalidArgument].contains(code)
    }

    /// Whether this side has given up a broker that fell silent and may not know it.
    var isSilence: Bool { [.heartbeatMissed, .timedOut].contains(code) }
}
