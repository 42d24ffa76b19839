// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// The calls of a process that wait for their replies, and the timer that ends them in time
/// (`oslo_messaging._drivers.amqpdriver.ReplyWaiters`).
///
/// All functions may be called from any thread. Completions run outside the lock, on the thread that ended the call:
/// the one that received the reply, the one that failed it, or the timer's.
public final class ReplyWaiters: Sendable {
    let state: Guarded<ReplyWaitersState>
    private let timer: DeadlineTimer

    /// Makes an empty table whose deadlines a loop keeps.
    public init(loop: EventLoop) {
        let state = Guarded(ReplyWaitersState())
        self.state = state
        timer = DeadlineTimer(loop: loop) { now in
            let (ended, next) = state.withLock { ($0.expire(now: now), $0.nextExpiry) }
            for call in ended { call.complete() }
            return next
        }
    }

    /// How many calls wait.
    public var count: Int { state.withLock { $0.count } }

    /// Lets a call wait; register before the request is published, so that no reply can come too early.
    ///
    /// - Returns: false after `stop(failing:)`; the call has failed then and is not to be sent.
    @discardableResult
    public func register(
        _ id: UniqueID,
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> Bool {
        register(id, ReplyWaiter(request, started: .now, completion: .call(completion)))
    }

    func register(_ id: UniqueID, _ waiter: ReplyWaiter, collection: ReplyCollection? = nil) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopped else { return false }
            state.register(id, waiter)
            if let collection { state.collections[id] = collection }
            return true
        }
        guard isTaken else {
            waiter.promise.completion.fail(MessagingError(.shutdown, "The transport is shut down"))
            return false
        }
        timer.arm(waiter.promise.deadline)
        return true
    }

    /// Notes that a call's request is about to be written; false when the call has ended, and is not to be sent.
    public func begin(_ id: UniqueID) -> Bool { state.withLock { $0.begin(id) } }

    /// Notes how far a call's request has come.
    public func advance(_ id: UniqueID, to stage: MessagingError.Stage) {
        let isMonitored = state.withLock { $0.advance(id, to: stage, now: .now) }
        guard isMonitored, let next = state.withLock({ $0.nextExpiry }) else { return }
        timer.arm(next)
    }

    /// Ends a call with an error; false when it has ended already.
    @discardableResult
    public func fail(_ id: UniqueID, with error: MessagingError) -> Bool {
        guard let ended = state.withLock({ $0.fail(id, with: error, now: .now) }) else { return false }
        ended.complete()
        return true
    }

    /// Ends a wait well and without a value, as a confirmed cast does.
    public func complete(_ id: UniqueID) {
        receive(ReplyEnvelope(messageID: id, result: .null, failure: nil, isEnding: true))
    }

    /// Forgets a call without telling it; false when it has ended already.
    public func withdraw(_ id: UniqueID) -> Bool { state.withLock { $0.withdraw(id) } }

    /// Ends every call with an error, which says of each how far it had come.
    public func failAll(with error: MessagingError) {
        for ended in state.withLock({ $0.failAll(with: error) }) { ended.complete() }
    }

    /// Applies a message of the reply queue; one that nobody waits for (late, duplicate, foreign) is dropped.
    public func receive(_ reply: ReplyEnvelope) {
        state.withLock { $0.receive(reply, now: .now) }?.complete()
    }

    /// Ends the timer; calls still waiting are failed first, and later ones at once.
    public func stop(failing error: MessagingError) {
        state.withLock { $0.isStopped = true }
        failAll(with: error)
        timer.stop()
    }
}
