//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import Logging
internal import Messaging
internal import Threads

/// Looks at queues and exchanges by passive declarations, on a connection of its own: a look at what is missing closes
/// the channel, which must not hurt anybody's publishes.
final class QueueInspector: ConnectionDelegate {
    private enum Subject: Sendable, Hashable {
        case queue(String)
        case exchange(String)
    }

    private struct State: Sendable {
        /// An exchange that exists counts as a queue without messages and consumers.
        var answers = SharedAnswers<Subject, Result<QueueStatus?, MessagingError>>()
        var connection: Connection?
        var isConnecting = false
        var looks = 0
        var waitingSubjects: [Subject] = []
    }

    private let hosts: BrokerHosts
    private let logger: Logger
    private let state = Guarded(State())

    init(hosts: BrokerHosts, logger: Logger) {
        self.hosts = hosts
        self.logger = logger
    }

    /// Tells how many consumers and messages a queue has, nil when it does not exist; looks are shared and count for a
    /// second. A look that fails ends within the connection's own time limits.
    func look(at queue: String, _ completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void) {
        look(at: .queue(queue), completion)
    }

    /// Tells whether an exchange exists; see `look(at:_:)`.
    func look(
        atExchange exchange: String,
        _ completion: @escaping @Sendable (Result<Bool, MessagingError>) -> Void
    ) {
        look(at: .exchange(exchange)) { completion($0.map { $0 != nil }) }
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

    /// Looks under way at a time: one follows the other on the connection, and calls wait for theirs.
    private static let maximumLooks = 64
    private static let tooMany = MessagingError(
        .overloaded,
        "Too many queues and exchanges are being looked at",
        stage: .connect
    )

    private func beginLook() -> Bool {
        state.withLock { state in
            guard state.looks < Self.maximumLooks else { return false }
            state.looks += 1
            return true
        }
    }

    /// Whether a fresh look has shown consumers; false also when there is no fresh one.
    func hasConsumers(_ queue: String) -> Bool {
        guard let (answer, refresh) = state.withLock({ $0.answers.peek(.queue(queue), now: .now) }) else {
            return false
        }
        if refresh { refreshLook(.queue(queue)) }
        guard case .success(let status?) = answer else { return false }
        return status.consumerCount > 0
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
        enum Step {
            case use(Connection)
            case connect
            case wait
        }
        let step = state.withLock { state -> Step in
            if let connection = state.connection, connection.isOpen { return .use(connection) }
            state.waitingSubjects.append(subject)
            defer { state.isConnecting = true }
            return state.isConnecting ? .wait : .connect
        }
        switch step {
        case .use(let connection): inspect(subject, on: connection)
        case .connect: connect()
        case .wait: break
        }
    }

    private func connect() {
        let connection = Connection(configuration: hosts.next(purpose: "inspect"), logger: logger, delegate: self)
        // Kept from the start: an attempt under way has to live, and to be closed by `stop`.
        state.withLock { $0.connection = connection }
        connection.start(setUp: { _ throws(AMQPError) in }) { [self] result in
            let subjects = state.withLock { state in
                defer { (state.waitingSubjects, state.isConnecting) = ([], false) }
                return state.waitingSubjects
            }
            switch result {
            case .success: for subject in subjects { inspect(subject, on: connection) }
            case .failure(let error):
                for subject in subjects { finish(subject, .failure(MessagingError(unreachable: error))) }
            }
        }
    }

    private func inspect(_ subject: Subject, on connection: Connection) {
        connection.perform { channel throws(AMQPError) in
            try Self.look(at: subject, channel)
        } completion: { [self] result in
            switch result {
            case .success(let status): finish(subject, .success(status))
            case .failure(let error) where error.code == .notFound: finish(subject, .success(nil))
            case .failure(let error): finish(subject, .failure(MessagingError(unreachable: error)))
            }
        }
    }

    private static func look(at subject: Subject, _ channel: Channel) throws(AMQPError) -> QueueStatus {
        switch subject {
        case .queue(let name):
            let declared = try channel.declareQueue(QueueDeclaration(name: name, isPassive: true))
            return QueueStatus(consumerCount: declared.consumerCount, messageCount: declared.messageCount)
        case .exchange(let name):
            try channel.declareExchange(ExchangeDeclaration(name: name, isPassive: true))
            return QueueStatus(consumerCount: 0, messageCount: 0)
        }
    }

    private func finish(_ subject: Subject, _ result: Result<QueueStatus?, MessagingError>) {
        // A look that failed says nothing about the queue, so it is not remembered.
        let keeps = if case .success = result { true } else { false }
        let waiting = state.withLock { state in
            if result.isLook { state.looks -= 1 }
            return state.answers.found(subject, result, keeps: keeps, now: .now)
        }
        for completion in waiting { completion(result) }
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {}
    func connection(_ connection: Connection, didBlock reason: String) {}
    func connectionDidUnblock(_ connection: Connection) {}
    func connection(_ connection: Connection, consumerWasCancelled consumerTag: String) {}
    func connection(_ connection: Connection, channelDidClose error: AMQPError) {}

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        state.withLock { state in
            if state.connection === connection { state.connection = nil }
        }
    }
}

extension Result where Success == QueueStatus?, Failure == MessagingError {
    /// Whether it comes of a look, not of one that never began.
    fileprivate var isLook: Bool {
        if case .failure(let error) = self { error.code != .overloaded } else { true }
    }
}
