// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Synchronization
internal import Threads

/// The one connection on which a process receives its replies (oslo's PURPOSE_LISTEN), kept alive and never deaf.
final class ReplyLink: Sendable {
    /// What the link needs of the driver around it.
    struct Environment: Sendable {
        var hosts: BrokerHosts
        var queue: QueueDeclaration
        var consumeArguments: FieldTable
        var prefetchCount: Int
        var maximumReplyBytes: Int
        var waiters: ReplyWaiters
        var loop: EventLoop
        var logger: Logger
        /// Publishes a body to the reply queue; the outcome comes to the closure.
        var publishLoopback: @Sendable ([UInt8], @escaping @Sendable (Result<Void, MessagingError>) -> Void) -> Void
    }

    private struct State {
        var machine: ReplyLinkStateMachine
        var session: ReplySession?
        var continuations: [UniqueID: @Sendable (MessagingError?) -> Void] = [:]
        var trouble = Trouble()
        var timer: DeadlineTimer?
    }

    let environment: Environment
    private let loopback = Loopback()
    private let state: Guarded<State>
    /// Read on every call without the lock.
    private let isReady = Atomic(false)

    init(_ environment: Environment, machine: ReplyLinkStateMachine) {
        self.environment = environment
        state = Guarded(State(machine: machine))
    }

    /// Connects, and goes on connecting until `stop`; only the first call does.
    func start() {
        let actions = input { $0.start() }
        guard !actions.isEmpty else { return }
        let timer = DeadlineTimer(loop: environment.loop) { [weak self] now in self?.tick(now) }
        let isStopped = state.withLock { state in
            state.timer = timer
            return state.machine.phase == .stopped
        }
        if isStopped { return timer.stop() }
        perform(actions)
        // Not before the machine has started: a tick would ask for no further one, and none would ever come.
        rearm()
    }

    /// Whether replies can be received now.
    var isUp: Bool { isReady.load(ordering: .acquiring) }

    /// Runs the closure once replies can be received: at once, later, or with the error why not. Starts when needed.
    func whenReady(_ waiter: ReplyLinkStateMachine.Waiter, _ proceed: @escaping @Sendable (MessagingError?) -> Void) {
        if isUp { return proceed(nil) }
        start()
        let (waits, isStopped) = state.withLock { state in
            guard state.machine.enqueue(waiter) else { return (false, state.machine.phase == .stopped) }
            state.continuations[waiter.id] = proceed
            return (true, false)
        }
        if !waits {
            proceed(isStopped ? MessagingError(.shutdown, "The transport is shut down", stage: .connect) : nil)
        }
    }

    /// Whether replies can be received or nobody has asked for any, when one of our own last came, and what is wrong.
    var status: (isWell: Bool, lastLoopback: Moment?, problem: AMQPError?) {
        state.withLock { state in
            let isConsuming = state.machine.isConsuming
            let isWell = isConsuming || state.machine.phase == .idle
            return (isWell, state.machine.lastLoopback, isConsuming ? nil : state.trouble.error)
        }
    }

    /// Deletes the reply queue and closes the connection, within the deadline.
    func stop(deadline: Moment) async {
        perform(input { $0.stop() })
        // The timer first: a tick under way could open another session.
        state.withLock { $0.timer }?.stop()
        let session = state.withLock { state in
            defer { (state.session, state.timer) = (nil, nil) }
            return state.session
        }
        await session?.deleteQueueAndClose(deadline: deadline)
    }

    private func tick(_ now: Moment) -> Moment? {
        perform(input { $0.tick(now: now) })
        return state.withLock { $0.machine.nextTick(now: now) }
    }

    private func input(
        _ body: (inout ReplyLinkStateMachine) -> [ReplyLinkStateMachine.Action]
    ) -> [ReplyLinkStateMachine.Action] {
        state.withLock { state in
            defer { isReady.store(state.machine.isConsuming, ordering: .releasing) }
            return body(&state.machine)
        }
    }

    private func perform(_ actions: [ReplyLinkStateMachine.Action]) {
        for action in actions {
            switch action {
            case .connect: connect()
            case .abandon: state.withLock { $0.session }?.abort()
            case .repair:
                guard let session = state.withLock({ $0.session }) else { continue }
                session.consume { [self] result in sessionDidConsume(session, result) }
            case .sendLoopback: sendLoopback()
            case .proceed(let ids): proceed(ids)
            case .refuse(let ids): refuse(ids)
            case .forget(let ids): state.withLock { state in for id in ids { state.continuations[id] = nil } }
            }
        }
    }

    private func proceed(_ ids: [UniqueID]) {
        for id in ids {
            state.withLock { $0.continuations.removeValue(forKey: id) }?(nil)
        }
    }

    private func refuse(_ ids: [UniqueID]) {
        let error =
            state.withLock { $0.trouble.error } ?? AMQPError(.connectionClosed, "the transport is shutting down")
        for id in ids {
            state.withLock { $0.continuations.removeValue(forKey: id) }?(MessagingError(unreachable: error))
        }
    }

    private func connect() {
        let session = ReplySession(link: self)
        let (isStopped, former) = state.withLock { state in
            // A stop in between has seen the former session only.
            guard state.machine.phase != .stopped else { return (true, nil as ReplySession?) }
            defer { state.session = session }
            return (false, state.session)
        }
        guard !isStopped else { return }
        // A connection that could not be mended may still be open: two consumers would share the replies.
        former?.abort()
        session.open { [self] result in sessionDidConsume(session, result) }
    }

    private func sendLoopback() {
        let sentAt = Moment.now
        environment.publishLoopback(loopback.body) { [self] result in
            switch result {
            case .success: state.withLock { $0.machine.loopbackConfirmed(sentAt: sentAt) }
            case .failure(let error) where error.code == .undeliverable:
                environment.logger.warning("reply queue is gone, declaring it again")
                perform(input { $0.queueVanished(now: .now) })
            case .failure: break
            }
        }
    }
}

extension ReplyLink {
    /// An attempt to connect or to consume again has ended.
    func sessionDidConsume(_ session: ReplySession, _ result: Result<Void, AMQPError>) {
        // What becomes of a connection that was given up says nothing about the one that took its place.
        guard state.withLock({ $0.session === session }) else { return }
        switch result {
        case .success:
            if state.withLock({ $0.trouble.end() }) {
                environment.logger.notice("broker is back, replies can be received")
            }
            perform(input { $0.connected(now: .now) })
            rearm()
        case .failure(let error):
            noteTrouble("replies cannot be received, connecting again", error)
            let random = Double.random(in: 0..<1)
            perform(input { $0.lost(isAttempt: true, randomFactor: random, now: .now) })
            rearm()
        }
    }

    /// The consuming connection of a session is gone.
    func sessionDidClose(_ session: ReplySession, _ error: AMQPError?) {
        // A connection that never came to consume has been told of as a failed attempt.
        guard state.withLock({ $0.session === session && $0.machine.isEstablished }) else { return }
        if let error { noteTrouble("broker lost, replies cannot be received", error) }
        perform(input { $0.lost(isAttempt: false, randomFactor: 0, now: .now) })
        rearm()
    }

    private func noteTrouble(_ message: Logger.Message, _ error: AMQPError) {
        let level = state.withLock { $0.trouble.note(error) }
        environment.logger.log(level: level, message, metadata: ["error": "\(error)"])
    }

    /// The broker has cancelled the consumer: the reply queue was deleted, or its node is gone.
    func sessionWasCancelled(_ session: ReplySession) {
        guard state.withLock({ $0.session === session }) else { return }
        environment.logger.warning("reply consumer was cancelled by the broker, declaring its queue again")
        perform(input { $0.queueVanished(now: .now) })
    }

    /// Applies the messages of the reply queue; those that are no replies are refused without hurting the others.
    func receive(_ deliveries: [Delivery], on connection: Connection, _ session: ReplySession) {
        for delivery in deliveries {
            if read(delivery, session) {
                session.settlements.note(delivery.deliveryTag, bytes: delivery.body.count)
            } else {
                acknowledge(session.settlements.take(), on: connection)
                connection.reject(deliveryTag: delivery.deliveryTag, requeue: false)
            }
        }
        acknowledge(session.settlements.takeIfDue(), on: connection)
    }

    private func acknowledge(_ deliveryTag: UInt64?, on connection: Connection) {
        guard let deliveryTag else { return }
        connection.acknowledge(deliveryTag: deliveryTag, multiple: true)
    }

    private func read(_ delivery: Delivery, _ session: ReplySession) -> Bool {
        if let correlationID = delivery.properties.correlationID.flatMap({ UniqueID(hexadecimal: $0) }) {
            return environment.waiters.receivePlain(delivery, correlationID, environment.maximumReplyBytes)
        }
        do throws(ReplyEnvelopeError) {
            let reply = try ReplyBody.open(delivery, maximumBytes: environment.maximumReplyBytes)
            if reply.messageID == loopback.id {
                session.settlements.expedite()
                state.withLock { $0.machine.loopbackArrived(now: .now) }
            } else {
                environment.waiters.receive(reply)
            }
            return true
        } catch {
            refuse(delivery, error)
            return false
        }
    }

    private func refuse(_ delivery: Delivery, _ error: ReplyEnvelopeError) {
        environment.logger.warning("undecodable reply", metadata: ["reason": "\(error.reason)"])
        guard let id = error.messageID else { return }
        let message = "The reply cannot be read: \(error.reason)"
        environment.waiters.fail(id, with: MessagingError(.badReply, message, execution: .yes, stage: .reply))
    }

    private func rearm() {
        let (timer, next) = state.withLock { ($0.timer, $0.machine.nextTick(now: .now)) }
        if let next { timer?.arm(next) }
    }
}
