// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// What a process waits for, such as the replies to its calls, and the timer that ends each wait in time
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

    /// How many waits there are.
    public var count: Int { state.withLock { $0.count } }

    /// Has somebody wait; to be called before the request is published, so that no reply can come too early.
    ///
    /// - Parameters:
    ///   - timeout: the time from which the deadline was made, for messages to people.
    ///   - monitorTimeout: the longest time between heartbeats of the server, once the broker has confirmed; nil asks
    ///   for none.
    /// - Returns: false after `stop(failing:)`; the wait has failed then and nothing is to be sent.
    public func register(
        _ id: UniqueID,
        _ awaited: Awaited,
        deadline: Moment,
        timeout: Duration,
        monitorTimeout: Duration? = nil
    ) -> Bool {
        let started = Moment.now
        let isTaken = state.withLock { state in
            guard !state.isStopped else { return false }
            // Made where it stays: it is moved, not copied.
            state.register(
                id,
                ReplyWaiter(
                    awaited,
                    started: started,
                    deadline: deadline,
                    timeout: timeout,
                    monitorTimeout: monitorTimeout
                )
            )
            return true
        }
        guard isTaken else {
            awaited.fail(MessagingError(.shutdown, "The transport is shut down"))
            return false
        }
        timer.arm(deadline)
        return true
    }

    /// Has somebody wait for the replies to a fanout call, if there is memory for replies; see `register`.
    ///
    /// - Returns: false without memory as well, and then the wait has failed.
    public func registerGather(
        _ id: UniqueID,
        minimum: Int?,
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> Bool {
        guard !GatherMemory.ofProcess.isFull else {
            completion(.failure(.noRoomForReplies))
            return false
        }
        return register(
            id,
            .replies(minimum: minimum, completion),
            deadline: request.deadline,
            timeout: request.timeout,
            monitorTimeout: request.callMonitorTimeout
        )
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

    /// Ends a wait because whoever waited has left; one that has ended is left alone.
    public func cancel(_ id: UniqueID) {
        let error = MessagingError(.cancelled, "Nobody waits for the reply any longer")
        state.withLock { $0.cancel(id, with: error) }?.complete()
    }

    /// Ends every call with an error, which says how far each had come.
    public func failAll(with error: MessagingError) {
        for ended in state.withLock({ $0.failAll(with: error) }) { ended.complete() }
    }

    /// Processes a message of the reply queue; one that no call waits for (late, duplicate, foreign) is dropped.
    public func receive(_ reply: ReplyEnvelope) {
        state.withLock { $0.receive(reply, now: .now) }?.complete()
    }

    /// Ends a plain request with its reply; one that nobody waits for is dropped.
    public func receive(_ message: PlainMessage, for id: UniqueID) {
        state.withLock { $0.receive(message, for: id, now: .now) }?.complete()
    }

    /// Ends the wait for a confirm.
    public func confirm(_ id: UniqueID) {
        state.withLock { $0.confirm(id) }?.complete()
    }

    /// Ends the wait for a look at a queue.
    public func receive(_ status: QueueStatus?, for id: UniqueID) {
        state.withLock { $0.receive(status, for: id) }?.complete()
    }

    /// The plain request that waits for a message with this `correlation_id`; nil when there is none.
    public func plainRequest(correlationID: String) -> UniqueID? {
        guard let id = UniqueID(hexadecimal: correlationID) else { return nil }
        return state.withLock { $0.awaitsMessage(id) } ? id : nil
    }

    /// Ends the timer; calls still waiting are failed first, and later ones at once.
    public func stop(failing error: MessagingError) {
        state.withLock { $0.isStopped = true }
        failAll(with: error)
        timer.stop()
    }
}
