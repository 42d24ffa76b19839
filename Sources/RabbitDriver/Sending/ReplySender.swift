// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Compression
internal import Logging
internal import Messaging
internal import Names
internal import Threads

/// Sends the replies of servers, and sends them again while a caller's queue or the broker is away; no worker waits for
/// it.
final class ReplySender: Sendable {
    private struct State {
        var retries: ReplyRetries
        /// The replies that have failed and have not been given up, with the `_unique_id` of their last attempt.
        var pending: [UniqueID: (reply: PendingReply, uniqueID: UniqueID)] = [:]
        var timer: DeadlineTimer?
    }

    private struct Attempt: Sendable {
        var reply: PendingReply
        var uniqueID: UniqueID
        var bytes: Int
    }

    /// How long one attempt waits for a connection and its confirm.
    private static let attemptTimeout = Duration.seconds(30)

    private let connections: SendConnections
    private let options: RabbitOptions
    private let logger: Logger
    private let state: Guarded<State>

    init(connections: SendConnections, options: RabbitOptions, logger: Logger) {
        self.connections = connections
        self.options = options
        self.logger = logger
        var limits = ReplyRetries.Limits()
        limits.missingQueueTimeout = options.missingConsumerRetryTimeout
        state = Guarded(State(retries: ReplyRetries(limits)))
        let timer = DeadlineTimer(loop: connections.loop) { [weak self] now in self?.tick(now) }
        state.withLock { $0.timer = timer }
    }

    /// Sends a reply, whose completion runs once, when it is confirmed or given up.
    func send(_ reply: PendingReply) {
        guard !reply.queue.isEmpty else {
            let message = "The caller names no queue for the reply"
            return reply.completion(.failure(MessagingError(.undeliverable, message, stage: .publish)))
        }
        guard !reply.hasForeignQueue else {
            let message = "The caller names a queue of the broker's own for the reply: \(reply.queue)"
            return reply.completion(.failure(MessagingError(.undeliverable, message, stage: .publish)))
        }
        // Nearly always nothing is missing.
        let isQuiet = state.withLock { $0.retries.isQuiet }
        guard !isQuiet, reply.waitsForQueue else { return attempt(reply, UniqueID()) }
        admit(reply)
    }

    /// Replies that wait to be sent again.
    var waitingCount: Int { state.withLock { $0.retries.count } }

    /// Gives up what waits; what is being sent is not sent again.
    func stop() {
        input { retries, _ in retries.stop() }
        state.withLock { $0.timer }?.stop()
    }

    private func admit(_ reply: PendingReply) {
        let uniqueID = UniqueID()
        let bytes = reply.body(uniqueID: uniqueID).count
        state.withLock { $0.pending[reply.id] = (reply, uniqueID) }
        input { retries, now in retries.admit(reply.id, to: reply.queue, bytes: bytes, now: now) }
    }

    private func attempt(_ reply: PendingReply, _ uniqueID: UniqueID) {
        let body = reply.body(uniqueID: uniqueID)
        let compresses = options.compressesBodies && reply.ownProperties == nil
        let attempt = Attempt(reply: reply, uniqueID: uniqueID, bytes: body.count)
        connections.send(
            SendJob(
                id: UniqueID(),
                route: .defaultExchange,
                routingKey: reply.queue,
                isMandatory: options.mandatoryReplies,
                body: compresses ? Zlib.compress(body) : body,
                expires: false,
                isCompressed: compresses,
                ownProperties: reply.ownProperties,
                deadline: .now.advanced(by: Self.attemptTimeout),
                // Each host once: further attempts are up to this class, which bounds what waits.
                retry: connections.hosts.count - 1,
                isConfirmAwaited: false,
                receiver: .function { [self] result in conclude(attempt, result) }
            )
        )
    }

    private func conclude(_ attempt: Attempt, _ result: Result<Void, MessagingError>) {
        let (reply, bytes) = (attempt.reply, attempt.bytes)
        switch result {
        case .success:
            // Few replies have ever failed.
            if state.withLock({ $0.pending[reply.id] != nil }) {
                input { retries, _ in retries.delivered(reply.id, to: reply.queue) }
                state.withLock { $0.pending[reply.id] = nil }
            }
            reply.completion(.success(()))
        case .failure(let error) where error.code == .undeliverable && reply.waitsForQueue:
            note(attempt)
            input { retries, now in retries.returned(reply.id, to: reply.queue, bytes: bytes, now: now) }
        case .failure(let error) where error.code.isPassing && reply.isRepeatable:
            note(attempt)
            logger.debug("reply is sent again", metadata: ["error": "\(error.code)", "queue": "\(reply.queue)"])
            let random = Double.random(in: 0..<1)
            let isLoss = error.code == .deliveryUnknown
            input { retries, now in
                retries.failed(
                    reply.id,
                    to: reply.queue,
                    bytes: bytes,
                    isLoss: isLoss,
                    randomFactor: random,
                    now: now
                )
            }
        case .failure(let error):
            input { retries, now in
                retries.refused(reply.id, now: now)
                return []
            }
            state.withLock { $0.pending[reply.id] = nil }
            reply.completion(.failure(error))
        }
    }

    private func note(_ attempt: Attempt) {
        state.withLock { $0.pending[attempt.reply.id] = (attempt.reply, attempt.uniqueID) }
    }

    private func tick(_ now: Moment) -> Moment? {
        input { retries, now in retries.tick(now: now) }
        return state.withLock { $0.retries.nextTick }
    }

    private func input(_ body: (inout ReplyRetries, Moment) -> [ReplyRetries.Action]) {
        let (actions, timer, next) = state.withLock { state in
            let actions = body(&state.retries, .now)
            return (actions, state.timer, state.retries.nextTick)
        }
        if let next { timer?.arm(next) }
        perform(actions)
    }

    private func perform(_ actions: [ReplyRetries.Action]) {
        var given: [ReplyRetries.Reason: [PendingReply]] = [:]
        for action in actions {
            switch action {
            case .send(let id, let isFresh):
                guard let (reply, uniqueID) = state.withLock({ $0.pending[id] }) else { continue }
                attempt(reply, isFresh ? UniqueID() : uniqueID)
            case .giveUp(let id, let reason):
                guard let (reply, _) = state.withLock({ $0.pending.removeValue(forKey: id) }) else { continue }
                given[reason, default: []].append(reply)
            }
        }
        for (reason, replies) in given { giveUp(replies, reason) }
    }

    private func giveUp(_ replies: [PendingReply], _ reason: ReplyRetries.Reason) {
        let error = MessagingError(reason)
        // One line for many: a caller may have died with thousands of calls under way.
        logger.debug(
            "replies given up",
            metadata: [
                "reason": "\(error.message)", "count": "\(replies.count)",
                "queue": "\(replies.first?.queue.text ?? "")",
            ]
        )
        for reply in replies { reply.completion(.failure(error)) }
    }
}
