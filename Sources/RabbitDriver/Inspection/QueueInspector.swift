// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import DequeModule
internal import Logging
internal import Messaging
internal import Names
internal import Threads

/// Looks at queues by passive declarations, on a connection of its own.
final class QueueInspector: ConnectionDelegate {
    private struct Subject: Sendable, Hashable {
        var queue: Name

        var question: ChannelMethod { .declareQueue(QueueDeclaration(name: queue, isPassive: true)) }

        func answer(_ result: Result<[MethodReply], AMQPError>) -> Result<QueueStatus?, MessagingError> {
            switch result {
            case .success(let replies):
                guard case .queue(let declared)? = replies.first else { return .success(nil) }
                return .success(
                    QueueStatus(consumerCount: declared.consumerCount, messageCount: declared.messageCount)
                )
            case .failure(let error) where error.code == .notFound: return .success(nil)
            case .failure(let error): return .failure(MessagingError(unreachable: error))
            }
        }
    }

    private struct State: Sendable {
        var answers = SharedAnswers<Subject, Result<QueueStatus?, MessagingError>>()
        var connection: Connection?
        var isConnecting = false
        var looks = 0
        var waitingSubjects = Deque<Subject>()
        /// Channels on which nothing is under way.
        var freeChannels: [Int] = []
        /// Queues seen with consumers a moment ago, each at its place: found without hashing, as nearly every call
        /// asks.
        var consumed = [(queue: Name, until: Moment)?](repeating: nil, count: 16)

        /// The place of a queue in `consumed`; two queues with the same place take it from each other.
        func place(of queue: Name) -> Int {
            let bytes = queue.utf8.span
            guard bytes.count > 0 else { return 0 }
            return Int(bytes[0] &+ bytes[bytes.count / 2] &* 3 &+ bytes[bytes.count - 1] &* 5) & 15
        }

        mutating func hasConsumers(_ queue: Name, now: Moment) -> (yes: Bool, refresh: Bool) {
            let place = place(of: queue)
            if let seen = consumed[place], now < seen.until, seen.queue == queue { return (true, false) }
            guard let (answer, seen, refresh) = answers.peek(Subject(queue: queue), now: now) else {
                return (false, false)
            }
            guard case .success(let status?) = answer, status.consumerCount > 0 else { return (false, refresh) }
            consumed[place] = (queue, seen + answers.refreshAfter)
            return (true, refresh)
        }
    }

    private static let channelCount = 8

    private let hosts: BrokerHosts
    private let loop: EventLoop
    private let logger: Logger
    private let state = Guarded(State())

    init(hosts: BrokerHosts, loop: EventLoop, logger: Logger) {
        self.hosts = hosts
        self.loop = loop
        self.logger = logger
    }

    /// Tells how many consumers and messages a queue has, nil when it does not exist; looks are shared, and are valid
    /// for a second. A look that fails ends within the connection's own time limits.
    func look(at queue: Name, _ completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void) {
        look(at: Subject(queue: queue), completion)
    }

    private func look(
        at subject: Subject,
        _ completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        switch state.withLock({ $0.answers.ask(subject, now: .now, completion) }) {
        case .known(let answer, let refresh):
            if refresh { refreshLook(subject) }
            completion(answer)
        case .pending(look: true): if beginLook() { inspect(subject) } else { finish(subject, .failure(Self.tooMany)) }
        case .pending(look: false): break
        }
    }

    /// The most looks that are under way or waiting at a time.
    private static let maximumLooks = 256
    private static let tooMany = MessagingError(
        .overloaded,
        "Too many queues are being looked at",
        stage: .connect
    )

    private func beginLook() -> Bool {
        state.withLock { state in
            guard state.looks < Self.maximumLooks else { return false }
            state.looks += 1
            return true
        }
    }

    /// Whether a fresh look has shown consumers; false without a fresh one.
    func hasConsumers(_ queue: Name) -> Bool {
        let (has, refresh) = state.withLock { $0.hasConsumers(queue, now: .now) }
        if refresh { refreshLook(Subject(queue: queue)) }
        return has
    }

    /// Looks ahead of time; when too many looks are under way the old answer is forgotten instead.
    private func refreshLook(_ subject: Subject) {
        if beginLook() { inspect(subject) } else { finish(subject, .failure(Self.tooMany)) }
    }

    /// Closes the connection.
    func stop() {
        let connection = state.withLock { state in
            defer { state.connection = nil }
            return state.connection
        }
        connection?.close {}
    }

    private func inspect(_ subject: Subject) {
        let mustConnect = state.withLock { state in
            state.waitingSubjects.append(subject)
            guard state.connection == nil else { return false }
            defer { state.isConnecting = true }
            return !state.isConnecting
        }
        if mustConnect { connect() } else { begin() }
    }

    private func connect() {
        let connection = hosts.connection(purpose: "inspect", loop: loop, logger: logger, delegate: self)
        // Kept from the start: an attempt under way has to be kept alive, and `stop` has to be able to close it.
        state.withLock { state in (state.connection, state.freeChannels) = (connection, []) }
        connection.start(channels: Self.channelCount) { [self] result in
            let failed = state.withLock { state -> [Subject] in
                state.isConnecting = false
                if case .success = result {
                    if state.connection === connection { state.freeChannels = Array(1...connection.channelCount) }
                    return []
                }
                defer { state.waitingSubjects = [] }
                return Array(state.waitingSubjects)
            }
            if case .failure(let error) = result {
                for subject in failed { finish(subject, .failure(MessagingError(unreachable: error))) }
            }
            begin()
        }
    }

    /// Begins the looks that wait, each on a channel of its own: a look at a missing queue closes its channel, and what
    /// stood behind it there would be lost.
    private func begin() {
        while let (subject, channel, connection) = nextLook() {
            connection.perform([subject.question], on: channel) { [self] result in
                state.withLock { state in
                    if state.connection === connection { state.freeChannels.append(channel) }
                }
                finish(subject, subject.answer(result))
                begin()
            }
        }
    }

    private func nextLook() -> (Subject, Int, Connection)? {
        state.withLock { state in
            guard let connection = state.connection, !state.waitingSubjects.isEmpty,
                let channel = state.freeChannels.popLast()
            else { return nil }
            return (state.waitingSubjects.removeFirst(), channel, connection)
        }
    }

    private func finish(_ subject: Subject, _ result: Result<QueueStatus?, MessagingError>) {
        // A look that failed says nothing about the queue, so it is not remembered.
        let keeps = if case .success = result { true } else { false }
        let waiting = state.withLock { state in
            if result.isLook { state.looks -= 1 }
            state.consumed[state.place(of: subject.queue)] = nil
            return state.answers.found(subject, result, keeps: keeps, now: .now)
        }
        for completion in waiting { completion(result) }
    }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        let mustConnect = state.withLock { state in
            guard state.connection === connection else { return false }
            (state.connection, state.freeChannels) = (nil, [])
            // A look that was asked for before the loss was noticed waits for a connection too.
            guard !state.waitingSubjects.isEmpty, !state.isConnecting else { return false }
            state.isConnecting = true
            return true
        }
        if mustConnect { connect() }
    }
}

extension Result where Success == QueueStatus?, Failure == MessagingError {
    /// Whether it comes from a look, and not from one that never began.
    fileprivate var isLook: Bool {
        if case .failure(let error) = self { error.code != .overloaded } else { true }
    }
}
