// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Threads

/// A driver whose answers a test gives, at once or when it says so.
final class FakeDriver: GatheringDriver, PlainRPCDriver {
    typealias Answer = @Sendable (RPCRequest) -> Result<JSONText, MessagingError>
    typealias PlainAnswer = @Sendable (PlainRequest) -> Result<PlainMessage, MessagingError>

    struct Seen {
        var calls: [RPCRequest] = []
        /// Of the calls.
        var identifiers: [UniqueID] = []
        var cancelled: [UniqueID] = []
        var casts: [RPCRequest] = []
        var gatherings: [(request: RPCRequest, minimum: Int?)] = []
        var plain: [PlainRequest] = []
        var sent: [PlainRequest] = []
        var isHolding = false
        var held: [@Sendable () -> Void] = []
        var running = 0
        var mostRunning = 0
    }

    let seen = Guarded(Seen())
    private let answer: Answer
    private let plainAnswer: PlainAnswer
    private let replies: [Result<JSONText, RemoteError>]

    init(
        replies: [Result<JSONText, RemoteError>] = [],
        answer: @escaping Answer = { .success($0.arguments) },
        plain: @escaping PlainAnswer = { .success(PlainMessage(body: $0.message.body)) }
    ) {
        self.replies = replies
        self.plainAnswer = plain
        self.answer = answer
    }

    /// From now on answers wait for `release()`.
    func hold() { seen.withLock { $0.isHolding = true } }

    /// Gives the oldest answers that wait, all unless told how many.
    func release(_ count: Int = .max) {
        let held = seen.withLock { seen in
            defer { seen.held.removeFirst(min(count, seen.held.count)) }
            return Array(seen.held.prefix(count))
        }
        for answer in held { answer() }
    }

    private func end(_ answer: @escaping @Sendable () -> Void) {
        let isHolding = seen.withLock { seen in
            seen.running += 1
            seen.mostRunning = max(seen.mostRunning, seen.running)
            if seen.isHolding {
                seen.held.append { [self] in finish(answer) }
            }
            return seen.isHolding
        }
        if !isHolding { finish(answer) }
    }

    private func finish(_ answer: @Sendable () -> Void) {
        seen.withLock { $0.running -= 1 }
        answer()
    }

    func cancel(_ id: UniqueID) { seen.withLock { $0.cancelled.append(id) } }

    func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        seen.withLock {
            $0.calls.append(request)
            $0.identifiers.append(id)
        }
        end { [answer] in
            completion(
                answer(request).map { RPCReply(result: $0, messageID: id, publishDuration: .milliseconds(1)) }
            )
        }
        return id
    }

    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void) {
        seen.withLock { $0.casts.append(request) }
        end { [answer] in completion(answer(request).map { _ in CastReceipt(uniqueID: UniqueID()) }) }
    }

    func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        seen.withLock { $0.gatherings.append((request, minimum)) }
        end { [answer, replies] in
            completion(
                answer(request).map { _ in
                    GatheredReplies(
                        replies: replies,
                        isComplete: minimum.map { $0 <= replies.count } ?? false,
                        messageID: id,
                        publishDuration: .milliseconds(1)
                    )
                }
            )
        }
        return id
    }

    func request(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) -> UniqueID {
        let id = UniqueID()
        seen.withLock { $0.plain.append(request) }
        end { [plainAnswer] in
            completion(
                plainAnswer(request).map {
                    PlainReply(message: $0, messageID: id, publishDuration: .milliseconds(1))
                }
            )
        }
        return id
    }

    func send(_ request: PlainRequest, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void) {
        seen.withLock { $0.sent.append(request) }
        end { [plainAnswer] in completion(plainAnswer(request).map { _ in }) }
    }

    func makePlainListener(
        on queue: String,
        handler: @escaping @Sendable (any IncomingPlainMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        throw MessagingError(.invalidRequest, "this driver only sends")
    }

    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        completion(.success(nil))
    }

    var status: DriverStatus { DriverStatus(isConnected: true) }
    func start() {}
    func shutdown(deadline: Moment) async {}
}
