// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Names
internal import Threads

/// What a server does with one message: acknowledge, drop duplicates, dispatch, reply.
final class IncomingWork: Sendable {
    private struct State {
        var seen = RecentIDs()
        var unsentReplies = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let dispatcher: RPCDispatcher
    private let logger: Logger
    private let troubles = RareLog<MessageTrouble>()
    private let heartbeats = CallHeartbeats()
    private let state = Guarded(State())

    init(dispatcher: RPCDispatcher, logger: Logger) {
        self.dispatcher = dispatcher
        self.logger = logger
    }

    /// Runs the method of a message and sends its reply on its way.
    func perform(_ message: any IncomingMessage) async {
        // Before the method runs, so that it is executed at most once. A message that has gone back comes again.
        guard message.acknowledge() else { return }
        if let id = message.request.uniqueID, !state.withLock({ $0.seen.insert(id) }) {
            let metadata: Logger.Metadata = ["unique.id": "\(id)"]
            let cause = MessageTrouble(kind: .duplicate)
            return troubles.tell(.error, "a message came twice, the second is dropped", metadata, cause, to: logger)
        }
        let monitored = heartbeats.begin(message)
        let outcome: OutgoingReply
        do throws(DispatchFailure) {
            outcome = .result(try await dispatcher.dispatch(message.request))
        } catch {
            log(error, message.request)
            outcome = .failure(error.remote)
        }
        if let monitored { heartbeats.end(monitored) }
        guard message.request.isCall else { return }
        reply(outcome, to: message)
        // A broker that takes nothing must not make the server run everything and lose the results.
        if unsentCount > Self.maximumUnsent { await waitUntilUnsent(Self.maximumUnsent) }
    }

    /// How many replies may be on their way before workers wait for theirs.
    static let maximumUnsent = 8000

    /// Replies on their way to the broker.
    var unsentCount: Int { state.withLock { $0.unsentReplies } }

    /// Returns when every reply is with the broker or has been given up.
    func waitUntilReplied() async { await waitUntilUnsent(0) }

    /// Returns when no more replies than these are on their way.
    private func waitUntilUnsent(_ count: Int) async {
        guard unsentCount > count else { return }
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.unsentReplies > count { state.waiters.append((count, continuation)) }
                return state.unsentReplies <= count
            }
            if isReached { continuation.resume() }
        }
    }

    private func reply(_ outcome: OutgoingReply, to message: any IncomingMessage) {
        state.withLock { $0.unsentReplies += 1 }
        message.reply(outcome) { [self] result in
            if case .failure(let error) = result { log(error, message.request) }
            replyEnded()
        }
    }

    private func replyEnded() {
        let reached = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.unsentReplies -= 1
            guard !state.waiters.isEmpty else { return [] }
            let unsent = state.unsentReplies
            let reached = state.waiters.filter { unsent <= $0.count }.map(\.continuation)
            state.waiters.removeAll { unsent <= $0.count }
            return reached
        }
        for continuation in reached { continuation.resume() }
    }

    private func log(_ failure: DispatchFailure, _ request: IncomingRequest) {
        let method = request.method?.stringValue ?? "?"
        let metadata: Logger.Metadata = [
            "rpc.method": "\(method)", "exception": "\(failure.remote)", "message.id": "\(request.messageID ?? "")",
        ]
        switch failure.cause {
        case .expected: logger.debug("method raised an exception", metadata: metadata)
        case .request: logger.info("request refused", metadata: metadata)
        case .defect:
            let subject = Name("\(method) \(failure.remote.qualifiedName)")
            let cause = MessageTrouble(kind: .methodFailed, subject: subject)
            troubles.tell(.error, "method raised an exception", metadata, cause, to: logger)
        }
    }

    private func log(_ error: MessagingError, _ request: IncomingRequest) {
        let metadata: Logger.Metadata = [
            "message.id": "\(request.messageID ?? "")", "queue": "\(request.replyQueue)", "reason": "\(error)",
        ]
        // Callers that are gone are no defect of this side.
        guard error.code != .undeliverable else { return logger.info("a reply could not be sent", metadata: metadata) }
        let cause = MessageTrouble(kind: .unsentReply, subject: Name("\(error.code)"))
        troubles.tell(.warning, "a reply could not be sent", metadata, cause, to: logger)
    }
}

/// The last identifiers of messages, by which a copy is recognised (`oslo_messaging._drivers.amqp._MsgIdCache`).
///
/// As many as oslo.messaging keeps: a copy follows its original closely, and a sender that reuses identifiers, as tests
/// do, is still served.
struct RecentIDs: Sendable {
    static let capacity = 16

    private var ids: [Name] = []

    /// Notes an identifier; false when it is one of the last.
    mutating func insert(_ id: String) -> Bool {
        let id = Name(id)
        guard !ids.contains(id) else { return false }
        if ids.count == Self.capacity { ids.removeFirst() }
        ids.append(id)
        return true
    }
}
