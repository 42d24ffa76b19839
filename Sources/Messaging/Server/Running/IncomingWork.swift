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
    private let heartbeats = CallHeartbeats()
    private let state = Guarded(State())

    init(dispatcher: RPCDispatcher, logger: Logger) {
        self.dispatcher = dispatcher
        self.logger = logger
    }

    /// Runs the method of a message and sends its reply on its way.
    func perform(_ message: any IncomingMessage) async {
        // Before the method runs: executed once at the most. One that has gone back comes again.
        guard message.acknowledge() else { return }
        if let id = message.request.uniqueID, !state.withLock({ $0.seen.insert(id) }) {
            return logger.error("a message came twice, the second is dropped", metadata: ["unique.id": "\(id)"])
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
        // A broker that takes nothing must not get the server to run everything and lose the results.
        if unsentCount > Self.maximumUnsent { await waitUntilUnsent(Self.maximumUnsent) }
    }

    /// As many replies may be on their way before workers wait for theirs.
    static let maximumUnsent = 8000

    /// Replies on their way to the broker.
    var unsentCount: Int { state.withLock { $0.unsentReplies } }

    /// Returns when every reply is with the broker, or given up.
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
            if case .failure(let error) = result {
                let id = message.request.messageID ?? ""
                // Callers that are gone are no defect of this side, and there can be thousands of them.
                logger.log(
                    level: error.code == .undeliverable ? .info : .warning,
                    "a reply could not be sent",
                    metadata: ["message.id": "\(id)", "queue": "\(message.request.replyQueue)", "reason": "\(error)"]
                )
            }
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
        let level: Logger.Level =
            switch failure.cause {
            case .expected: .debug
            case .request: .info
            case .defect: .error
            }
        logger.log(
            level: level,
            failure.cause == .request ? "request refused" : "method raised an exception",
            metadata: [
                "rpc.method": "\(method)", "exception": "\(failure.remote)", "message.id": "\(request.messageID ?? "")",
            ]
        )
    }
}

/// The last identifiers of messages, to know a copy by (`oslo_messaging._drivers.amqp._MsgIdCache`).
///
/// As many as oslo.messaging keeps: a copy follows its original closely, and a sender that uses identifiers again, as
/// tests do, is served.
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
