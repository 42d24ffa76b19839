// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import ConnectionPool
internal import DequeModule
internal import Logging
internal import Messaging
internal import Names
internal import Synchronization
internal import Threads

/// The publishing connections of a driver: a pool whose connections carry many unconfirmed messages at a time.
///
/// The pool's state machine decides under the lock; publishing, connecting and completions happen outside it.
final class SendConnections: Sendable {
    typealias Pool = PoolStateMachine<Int, UniqueID, AMQPError>

    struct State: Sendable {
        var pool: Pool
        var open: [Int: SendConnection] = [:]
        var waiting: [UniqueID: SendJob] = [:]
        var conflicts = DurableConflicts()
        var blockedReason: String?
        /// Routes that the broker has refused lately: asking again and again would keep the broker and a channel busy.
        var refusals: [PublishRoute: (error: MessagingError, until: Moment)] = [:]
    }

    /// The subject of the trouble that a refused message is.
    private static let subject = Name("messages")
    /// How long a refused declaration is not tried again.
    static let refusalLifetime = Duration.milliseconds(800)

    /// Leases that are being handed from one message to the next.
    struct Handovers: Sendable {
        var waiting: Deque<(waiter: UniqueID, connection: Int)> = []
        var isRunning = false
    }

    let state: Guarded<State>
    let handovers = Guarded(Handovers())
    let hosts: BrokerHosts
    let waiters: ReplyWaiters
    let logger: Logger
    let troubles: TroubleLog
    let loop: EventLoop
    /// The routes that have channels of their own on every connection.
    let homes: [PublishRoute]
    private let timer = Guarded<DeadlineTimer?>(nil)
    private let hasStarted = Atomic(false)

    init(
        hosts: BrokerHosts,
        configuration: PoolConfiguration,
        homes: [PublishRoute],
        waiters: ReplyWaiters,
        loop: EventLoop,
        logger: Logger,
        troubles: TroubleLog
    ) {
        self.hosts = hosts
        self.homes = homes
        self.loop = loop
        self.waiters = waiters
        self.logger = logger
        self.troubles = troubles
        let names = ConnectionNames()
        state = Guarded(State(pool: Pool(configuration: configuration, makeConnectionID: { names.next() })))
    }

    /// Starts the pool's timer; only the first call does anything.
    func start() {
        guard !hasStarted.exchange(true, ordering: .relaxed) else { return }
        let timer = DeadlineTimer(loop: loop) { [weak self] now in
            self?.timerFired(now)
            return nil
        }
        self.timer.withLock { $0 = timer }
        act(state.withLock { $0.pool.start(now: .now) })
    }

    /// Publishes a message on a connection, now or when one is free.
    func send(_ job: SendJob) {
        enum Decision {
            case publish(SendConnection)
            case queued(Pool.Actions)
            case refused(LeaseFailure<AMQPError>)
        }
        if let refusal = refusal(of: job) { return job.end(.failure(refusal)) }
        let decision = state.withLock { state -> Decision in
            switch state.pool.lease(job.id, deadline: job.deadline, retry: job.retry, now: .now) {
            case .leased(let id):
                guard let open = state.open[id] else { return .refused(.shutDown) }
                return .publish(open)
            case .queued(let actions):
                state.waiting[job.id] = job
                return .queued(actions)
            case .refused(let reason): return .refused(reason)
            }
        }
        switch decision {
        case .publish(let connection): connection.publish(job)
        case .queued(let actions): act(actions)
        case .refused(let reason): job.end(.failure(MessagingError(reason)))
        }
    }

    /// What the pool holds now.
    var counts: DriverStatus.SendConnections {
        let counts = state.withLock { $0.pool.currentCounts }
        return .init(open: counts.established, leases: counts.leases, waiting: counts.waiters)
    }

    /// The broker's reason while it blocks one of the connections.
    var blockedReason: String? {
        state.withLock { $0.pool.currentCounts.blocked > 0 ? $0.blockedReason ?? "connection.blocked" : nil }
    }

    private func refusal(of job: SendJob) -> MessagingError? {
        // The broker's answer is known (AMQP 0-9-1, exchange.declare), and asking would close the channel.
        if job.route.declaresReserved {
            let message = "The broker keeps exchanges that begin with \"amq.\" to itself (ACCESS_REFUSED)"
            return MessagingError(.brokerConfiguration, message, stage: .publish)
        }
        return state.withLock { state in
            // Nearly always empty, and then nothing is hashed.
            guard !state.refusals.isEmpty else { return nil }
            guard let refusal = state.refusals[job.route] else { return nil }
            guard refusal.until <= .now else { return refusal.error }
            state.refusals[job.route] = nil
            return nil
        }
    }

    /// Logs and remembers that the broker refuses the route of a message; a thousand routes at the most.
    func noteRefusal(_ error: MessagingError, _ cause: AMQPError, of job: SendJob) {
        guard error.code == .brokerConfiguration else { return }
        // Clients choose what they send to, so all refusals of a kind are one cause.
        troubles.tell("the broker refuses messages", cause, of: Self.subject, to: logger)
        // What the broker has against a caller's properties says nothing about the route.
        guard job.ownProperties == nil else { return }
        state.withLock { state in
            if state.refusals.count >= 1000 { state.refusals = [:] }
            state.refusals[job.route] = (error, .now.advanced(by: Self.refusalLifetime))
        }
    }

    /// Closes what is idle at once and the rest as it falls idle, up to the deadline.
    func shutdown(deadline: Moment) async {
        act(state.withLock { $0.pool.beginShutdown() })
        while !state.withLock({ $0.pool.isShutDown }), Moment.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
        act(state.withLock { $0.pool.forceShutdown() })
        timer.withLock { $0 }?.stop()
    }

    private func timerFired(_ now: Moment) {
        act(state.withLock { $0.pool.timerFired(now: now) })
    }

    /// Does what the pool has decided; no lock is held.
    func act(_ actions: Pool.Actions) {
        if let instant = actions.timer { timer.withLock { $0 }?.arm(instant) }
        for id in actions.connect { connect(id) }
        for id in actions.close { state.withLock { $0.open[id] }?.close() }
        for grant in actions.grants { proceed(grant.waiter, on: grant.connection) }
        for refusal in actions.refusals {
            let job = state.withLock { $0.waiting.removeValue(forKey: refusal.waiter) }
            job?.end(.failure(MessagingError(refusal.reason)))
        }
    }

    /// Publishes a message that waited.
    func proceed(_ waiter: UniqueID, on id: Int) {
        let (job, open) = state.withLock { ($0.waiting.removeValue(forKey: waiter), $0.open[id]) }
        guard let job else { return giveBack(id) }
        // The connection was lost between the grant and now, and its leases with it.
        guard let open else { return send(job) }
        open.publish(job)
    }
}

/// Names for connections that are never used twice.
private final class ConnectionNames: Sendable {
    private let last = Atomic(0)

    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
