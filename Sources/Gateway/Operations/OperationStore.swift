// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Messaging
internal import Names
internal import Threads

/// An operation's identifier, and whose it is, as nobody else may see it.
struct OperationKey: Hashable, Sendable {
    let id: UniqueID
    /// The principal; nil where nobody asks who requests are from.
    let owner: Name?

    init(id: UniqueID = UniqueID(), of caller: Caller? = nil) {
        self.id = id
        owner = caller?.owner
    }
}

/// What has become of the requests that are answered later (`Prefer: respond-async`).
///
/// No holder displaces what is another's: where there is no place for more operations, new ones are refused, and a
/// holder whose answers exceed its share of the bytes loses its own oldest ones.
///
/// A value without threads, clocks and effects: the time is passed in, and those who have to be told are returned.
struct OperationStore<Waiter: Sendable>: Sendable {
    /// The bounds of what is kept.
    struct Limits: Sendable {
        /// How long an answer is kept once it is there.
        var timeToLive: Duration
        /// The most operations, including running ones.
        var maximumCount: Int
        /// The most bytes of all answers that are kept.
        var maximumBytes: Int
        /// The most clients that wait for the end of an operation.
        var maximumWaiters = 1_000
    }

    /// What is known of an operation.
    enum Look: Sendable {
        /// It never existed, or so long ago that this has been forgotten.
        case unknown
        /// It existed; its answer, which said whether the request was executed, is no longer kept.
        case gone(MessagingError.Execution)
        case running
        case done(StoredResponse)
    }

    private struct Waiting: Sendable {
        var waiter: Waiter
        var deadline: Moment
    }

    private struct Running: Sendable {
        var holder: Holder
        var record: AccessRecord?
        var waiting: [Waiting] = []
    }

    private struct Finished: Sendable {
        var answer: StoredResponse
        var executed: MessagingError.Execution
    }

    private var running: [OperationKey: Running] = [:]
    private var finished = ExpiringCache<OperationKey, Finished>()
    private var past = ExpiringCache<OperationKey, MessagingError.Execution>()
    private var places = Shares()
    private var waiterCount = 0

    /// How many operations are known, running or finished.
    var count: Int { places.total }

    /// The bytes of the answers that are kept.
    var bytes: Int { finished.weight }

    /// How many operations a holder has, running or finished.
    func count(of holder: Holder) -> Int { places[holder] }

    /// When the oldest answer goes; nil where none is kept.
    var nextExpiry: Moment? { mutating get { finished.nextExpiry } }

    /// Begins an operation; false when its holder has as many as it may have.
    ///
    /// - Parameter record: what its request was allowed; nil where nobody was asked.
    mutating func begin(
        _ id: OperationKey,
        of holder: Holder,
        _ record: AccessRecord? = nil,
        now: Moment,
        _ limits: Limits
    ) -> Bool {
        expire(now, limits)
        guard places.hasPlace(for: holder, in: limits.maximumCount) else { return false }
        running[id] = Running(holder: holder, record: record)
        places.add(1, to: holder)
        return true
    }

    /// Keeps the answer of an operation, unless it has been forgotten; returns those who wait for it.
    mutating func finish(
        _ id: OperationKey,
        _ answer: StoredResponse,
        executed: MessagingError.Execution = .yes,
        now: Moment,
        _ limits: Limits
    ) -> [Waiter] {
        expire(now, limits)
        guard let ended = running.removeValue(forKey: id) else { return [] }
        waiterCount -= ended.waiting.count
        if makeRoom(answer.size, ended.holder, now, limits) {
            let expiry = now.advanced(by: limits.timeToLive)
            let finish = Finished(answer: answer, executed: executed)
            finished.put(id, finish, of: ended.holder, weight: answer.size, expiry: expiry)
        } else {
            remember(id, executed, of: ended.holder, now, limits)
        }
        return ended.waiting.map(\.waiter)
    }

    /// Forgets an operation that never began, as if it had never existed.
    mutating func abandon(_ id: OperationKey) {
        guard let ended = running.removeValue(forKey: id) else { return }
        places.remove(1, from: ended.holder)
    }

    /// What the request of an operation was allowed; nil where nobody was asked, and for an operation that is forgotten.
    func record(of id: OperationKey) -> AccessRecord? { running[id].map(\.record) ?? finished[id]?.answer.record }

    /// What is known of an operation.
    mutating func look(_ id: OperationKey, now: Moment, _ limits: Limits) -> Look {
        expire(now, limits)
        if running[id] != nil { return .running }
        if let finished = finished[id] { return .done(finished.answer) }
        return past[id].map { .gone($0) } ?? .unknown
    }

    /// Waits for the end of a running operation; false when it is not running, or when as many wait as may.
    mutating func wait(
        _ id: OperationKey,
        _ waiter: Waiter,
        deadline: Moment,
        _ limits: Limits
    ) -> Bool {
        guard running[id] != nil, waiterCount < limits.maximumWaiters else { return false }
        running[id]?.waiting.append(Waiting(waiter: waiter, deadline: deadline))
        waiterCount += 1
        return true
    }

    /// Removes the waiters whose deadline has passed, and returns the next deadline.
    mutating func expireWaiters(
        now: Moment
    ) -> (expired: [Waiter], next: Moment?) {
        var expired: [Waiter] = []
        var next: Moment?
        guard waiterCount > 0 else { return (expired, next) }
        for (id, operation) in running where !operation.waiting.isEmpty {
            let due = operation.waiting.filter { $0.deadline <= now }
            if !due.isEmpty { running[id]?.waiting.removeAll { $0.deadline <= now } }
            expired += due.map(\.waiter)
            for deadline in operation.waiting.map(\.deadline) where deadline > now {
                next = min(next ?? deadline, deadline)
            }
        }
        waiterCount -= expired.count
        return (expired, next)
    }

    /// Forgets an operation, running or not; returns those who wait for it, or nil when there is no such operation.
    mutating func forget(_ id: OperationKey, now: Moment, _ limits: Limits) -> [Waiter]? {
        expire(now, limits)
        if let ended = running.removeValue(forKey: id) {
            waiterCount -= ended.waiting.count
            remember(id, .maybe, of: ended.holder, now, limits)
            return ended.waiting.map(\.waiter)
        }
        guard let holder = finished.holder(of: id), let ended = finished.remove(id) else { return nil }
        remember(id, ended.executed, of: holder, now, limits)
        return []
    }

    private mutating func expire(_ now: Moment, _ limits: Limits) {
        for ended in finished.takeExpired(now: now) {
            remember(ended.key, ended.value.executed, of: ended.holder, now, limits)
        }
    }

    private mutating func makeRoom(_ size: Int, _ holder: Holder, _ now: Moment, _ limits: Limits) -> Bool {
        guard let gone = finished.makeRoom(for: size, of: holder, in: limits.maximumBytes) else { return false }
        for ended in gone { remember(ended.key, ended.value.executed, of: holder, now, limits) }
        return true
    }

    /// Gives up the place of an operation, and remembers, for a day and for a bounded number of them, that it existed.
    private mutating func remember(
        _ id: OperationKey,
        _ executed: MessagingError.Execution,
        of holder: Holder,
        _ now: Moment,
        _ limits: Limits
    ) {
        places.remove(1, from: holder)
        _ = past.takeExpired(now: now)
        past.put(id, executed, of: holder, expiry: now.advanced(by: .seconds(86_400)))
        past.trim(holder, maximumCount: 4 * limits.maximumCount)
    }
}
