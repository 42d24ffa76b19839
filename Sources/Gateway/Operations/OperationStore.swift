// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// What has become of the requests that are answered later (`Prefer: respond-async`).
///
/// A value without threads, clocks and effects: the time is passed in, and who has to be told is given back.
struct OperationStore<Waiter: Sendable>: Sendable {
    /// The bounds of what is kept.
    struct Limits: Sendable {
        /// How long an answer is kept once it is there.
        var timeToLive: Duration
        /// Operations, running ones included.
        var maximumCount: Int
        /// The bytes of all answers that are kept.
        var maximumBytes: Int
        /// Clients that wait for the end of an operation.
        var maximumWaiters = 1_000
    }

    /// What is known of an operation.
    enum Look: Sendable {
        /// It never was, or was so long ago that this has been forgotten.
        case unknown
        /// It was; its answer is no longer kept.
        case gone
        case running
        case done(StoredResponse)
    }

    private struct Waiting: Sendable {
        var waiter: Waiter
        var deadline: Moment
    }

    private var running: [UniqueID: [Waiting]] = [:]
    private var finished = ExpiringCache<UniqueID, StoredResponse>()
    private var past = ExpiringCache<UniqueID, Void>()
    private var waiterCount = 0

    /// How many operations are known, running or finished.
    var count: Int { running.count + finished.count }

    /// The bytes of the answers that are kept.
    var bytes: Int { finished.weight }

    /// Begins an operation; false when as many as there may be are running.
    mutating func begin(_ id: UniqueID, now: Moment, _ limits: Limits) -> Bool {
        guard running.count < limits.maximumCount else { return false }
        running[id] = []
        trim(now, limits)
        return true
    }

    /// Keeps the answer of an operation, unless it has been forgotten; gives back who waits for it.
    mutating func finish(
        _ id: UniqueID,
        _ answer: StoredResponse,
        now: Moment,
        _ limits: Limits
    ) -> [Waiter] {
        guard let waiting = running.removeValue(forKey: id) else { return [] }
        waiterCount -= waiting.count
        // An answer over the bound by itself would push out every other one, and then be pushed out.
        if answer.size <= limits.maximumBytes {
            finished.put(id, answer, weight: answer.size, expiry: now.advanced(by: limits.timeToLive))
        } else {
            remember(id, now, limits)
        }
        trim(now, limits)
        return waiting.map(\.waiter)
    }

    /// Forgets an operation that never began; as if it had never been.
    mutating func abandon(_ id: UniqueID) { running[id] = nil }

    /// What is known of an operation.
    mutating func look(_ id: UniqueID, now: Moment, _ limits: Limits) -> Look {
        trim(now, limits)
        if running[id] != nil { return .running }
        if let answer = finished[id] { return .done(answer) }
        return past[id] == nil ? .unknown : .gone
    }

    /// Waits for the end of a running operation; false when it does not run, or as many as there may be wait.
    mutating func wait(
        _ id: UniqueID,
        _ waiter: Waiter,
        deadline: Moment,
        _ limits: Limits
    ) -> Bool {
        guard running[id] != nil, waiterCount < limits.maximumWaiters else { return false }
        running[id]?.append(Waiting(waiter: waiter, deadline: deadline))
        waiterCount += 1
        return true
    }

    /// Takes out the waiters whose deadline has passed, and tells the next deadline.
    mutating func expireWaiters(
        now: Moment
    ) -> (expired: [Waiter], next: Moment?) {
        var expired: [Waiter] = []
        var next: Moment?
        guard waiterCount > 0 else { return (expired, next) }
        for (id, waiting) in running where !waiting.isEmpty {
            let due = waiting.filter { $0.deadline <= now }
            if !due.isEmpty { running[id] = waiting.filter { $0.deadline > now } }
            expired += due.map(\.waiter)
            for deadline in waiting.map(\.deadline) where deadline > now { next = min(next ?? deadline, deadline) }
        }
        waiterCount -= expired.count
        return (expired, next)
    }

    /// Forgets an operation, running or not; gives back who waits for it, or nil when there is none.
    mutating func forget(_ id: UniqueID, now: Moment, _ limits: Limits) -> [Waiter]? {
        trim(now, limits)
        let waiting = running.removeValue(forKey: id)
        guard waiting != nil || finished.remove(id) != nil else { return nil }
        waiterCount -= waiting?.count ?? 0
        remember(id, now, limits)
        return waiting?.map(\.waiter) ?? []
    }

    private mutating func trim(_ now: Moment, _ limits: Limits) {
        let room = max(0, limits.maximumCount - running.count)
        for id in finished.trim(now: now, maximumCount: room, maximumWeight: limits.maximumBytes) {
            remember(id, now, limits)
        }
    }

    /// Remembers that an operation was, for a day and in bounded number.
    private mutating func remember(_ id: UniqueID, _ now: Moment, _ limits: Limits) {
        past.put(id, (), weight: 0, expiry: now.advanced(by: .seconds(86_400)))
        _ = past.trim(now: now, maximumCount: 4 * limits.maximumCount, maximumWeight: .max)
    }
}
