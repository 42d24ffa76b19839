// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool
internal import DequeModule
internal import Messaging
internal import Names
internal import Threads

/// Decides which replies are sent again, when, and when they are given up; a value without I/O.
///
/// While a caller's queue is missing, one of the replies to it probes for it and the others wait behind that one: a
/// caller that died with thousands of calls under way costs four publishes a second, not thousands.
struct ReplyRetries: Sendable {
    private struct Entry {
        var queue: Name
        var bytes: Int
        /// When it first failed.
        var since: Moment
        var failures = 0
        /// How often the connection was lost while it was being sent.
        var losses = 0
        /// When it is sent again; nil while it is being sent, or waits behind another.
        var due: Moment?
        var isSending = false
        /// Whether the attempt under way is the last one, as too many wait.
        var isLast = false
    }

    private struct MissingQueue {
        var since: Moment
        var probe: UniqueID
        var waiting: Deque<UniqueID> = []
    }

    private let limits: Limits
    private var entries: [UniqueID: Entry] = [:]
    private var missing: [Name: MissingQueue] = [:]
    private var obsolete = ObsoleteQueues()
    /// The entries by age; those that are gone are skipped.
    private var order: Deque<UniqueID> = []
    private var isStopped = false
    /// Replies that are kept to be sent again, and their bytes; those on their last attempt do not count.
    private(set) var count = 0
    private(set) var bytes = 0
    /// The next moment at which `tick` may have something to do.
    private(set) var nextTick: Moment?

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Whether a reply can simply be sent.
    var isQuiet: Bool { missing.isEmpty && obsolete.isEmpty && !isStopped }

    /// A new reply: sent, held back behind others, or dropped.
    mutating func admit(_ id: UniqueID, to queue: Name, bytes: Int, now: Moment) -> [Action] {
        if isStopped { return [.giveUp(id, .shutdown)] }
        if obsolete.contains(queue, now: now) { return [.giveUp(id, .missingQueue)] }
        guard missing[queue] != nil else { return [.send(id, isFresh: true)] }
        insert(id, queue, bytes, now)
        missing[queue]?.waiting.append(id)
        return evict()
    }

    /// The broker has confirmed a reply: its queue is there.
    mutating func delivered(_ id: UniqueID, to queue: Name) -> [Action] {
        remove(id)
        guard let found = missing.removeValue(forKey: queue) else { return [] }
        return ([found.probe] + found.waiting).filter { entries[$0]?.isSending == false }.map { id in
            entries[id]?.isSending = true
            entries[id]?.due = nil
            return .send(id, isFresh: true)
        }
    }

    /// The broker has returned a reply: its queue is missing.
    mutating func returned(_ id: UniqueID, to queue: Name, bytes: Int, now: Moment) -> [Action] {
        if let ended = endAttempt(id, queue, bytes, now) { return ended }
        // It was under way while the others were given up.
        if obsolete.contains(queue, now: now) { return giveUp(id, .missingQueue, now) }
        guard let known = missing[queue] else {
            missing[queue] = MissingQueue(since: now, probe: id)
            return probeLater(id, queue, now)
        }
        guard known.probe == id else {
            missing[queue]?.waiting.append(id)
            return evict()
        }
        return probeLater(id, queue, now)
    }

    /// A reply found no broker, or none that confirmed it.
    mutating func failed(
        _ id: UniqueID,
        to queue: Name,
        bytes: Int,
        isLoss: Bool = false,
        randomFactor: Double,
        now: Moment
    ) -> [Action] {
        if let ended = endAttempt(id, queue, bytes, now) { return ended }
        guard let entry = entries[id], entry.since.duration(to: now) < limits.brokerTimeout else {
            return giveUp(id, .broker, now)
        }
        // A message that brings its connection down each time must not go on doing that to all the others.
        guard !isLoss || entry.losses + 1 < limits.maximumLosses else { return giveUp(id, .broker, now) }
        entries[id]?.losses = entry.losses + (isLoss ? 1 : 0)
        entries[id]?.failures = entry.failures + 1
        let delay = limits.backoff.delay(afterFailures: entry.failures + 1, randomFactor: randomFactor)
        schedule(id, now.advanced(by: delay))
        return evict()
    }

    /// A reply has failed for good.
    mutating func refused(_ id: UniqueID, now: Moment) {
        let queue = entries[id]?.queue
        remove(id)
        if let queue { promote(queue, after: id, now) }
    }

    /// Time has passed.
    mutating func tick(now: Moment) -> [Action] {
        let due = entries.filter { entry in entry.value.due.map { $0 <= now } ?? false }
            .sorted { $0.value.since < $1.value.since }
        let actions = due.map { id, entry in
            entries[id]?.due = nil
            entries[id]?.isSending = true
            return Action.send(id, isFresh: missing[entry.queue]?.probe == id)
        }
        nextTick = entries.values.lazy.compactMap(\.due).min()
        return actions
    }

    /// Gives up everything that is not being sent at this moment.
    mutating func stop() -> [Action] {
        isStopped = true
        missing = [:]
        return order.compactMap { id -> Action? in
            guard let entry = entries[id] else { return nil }
            if entry.isSending {
                makeLast(id)
                return nil
            }
            remove(id)
            return .giveUp(id, .shutdown)
        }
    }
}

extension ReplyRetries {
    private mutating func insert(_ id: UniqueID, _ queue: Name, _ bytes: Int, _ now: Moment) {
        entries[id] = Entry(queue: queue, bytes: bytes, since: now)
        self.bytes += bytes
        count += 1
        order.append(id)
        if order.count > 2 * entries.count + 64 { order.removeAll { entries[$0] == nil } }
    }

    private mutating func remove(_ id: UniqueID) {
        makeLast(id)
        entries[id] = nil
    }

    /// Makes the attempt under way the entry's last: it no longer counts among those that are kept.
    private mutating func makeLast(_ id: UniqueID) {
        guard let entry = entries[id], !entry.isLast else { return }
        entries[id]?.isLast = true
        bytes -= entry.bytes
        count -= 1
    }

    /// Notes that an attempt is over; returns what to do if it was the last one, otherwise nil.
    private mutating func endAttempt(
        _ id: UniqueID,
        _ queue: Name,
        _ bytes: Int,
        _ now: Moment
    ) -> [Action]? {
        if isStopped {
            remove(id)
            return [.giveUp(id, .shutdown)]
        }
        if entries[id] == nil { insert(id, queue, bytes, now) }
        entries[id]?.isSending = false
        return entries[id]?.isLast == true ? giveUp(id, .overload, now) : nil
    }

    private mutating func schedule(_ id: UniqueID, _ instant: Moment) {
        entries[id]?.due = instant
        nextTick = min(nextTick ?? instant, instant)
    }

    private mutating func probeLater(_ id: UniqueID, _ queue: Name, _ now: Moment) -> [Action] {
        guard let since = missing[queue]?.since, since.duration(to: now) < limits.missingQueueTimeout else {
            return giveUp(queue, now)
        }
        schedule(id, now.advanced(by: limits.probeInterval))
        return evict()
    }

    /// Gives up every reply to a queue, and remembers the queue.
    private mutating func giveUp(_ queue: Name, _ now: Moment) -> [Action] {
        obsolete.insert(queue, now: now)
        guard let given = missing.removeValue(forKey: queue) else { return [] }
        return ([given.probe] + given.waiting).filter { entries[$0] != nil }.map { id in
            remove(id)
            return .giveUp(id, .missingQueue)
        }
    }

    private mutating func giveUp(_ id: UniqueID, _ reason: Reason, _ now: Moment) -> [Action] {
        let queue = entries[id]?.queue
        remove(id)
        if let queue { promote(queue, after: id, now) }
        return [.giveUp(id, reason)]
    }

    /// Has the next reply to a missing queue probe for it, when the one that did so is gone.
    private mutating func promote(_ queue: Name, after id: UniqueID, _ now: Moment) {
        guard var known = missing[queue], known.probe == id else { return }
        while let next = known.waiting.popFirst() {
            guard entries[next] != nil else { continue }
            known.probe = next
            missing[queue] = known
            return schedule(next, now)
        }
        missing[queue] = nil
    }

    /// Makes room: the oldest replies are given up, those being sent after this attempt.
    private mutating func evict() -> [Action] {
        var actions: [Action] = []
        while count > limits.maximumCount || bytes > limits.maximumBytes, let id = order.popFirst() {
            guard let entry = entries[id], !entry.isLast else { continue }
            if entry.isSending { makeLast(id) } else { actions += giveUp(id, .overload, entry.since) }
        }
        return actions
    }
}

extension ReplyRetries {
    /// The limits.
    struct Limits: Sendable {
        /// How long a reply waits for a missing queue (`kombu_missing_consumer_retry_timeout`).
        var missingQueueTimeout = Duration.seconds(60)
        /// How often a missing queue is tried.
        var probeInterval = Duration.milliseconds(250)
        /// How long a reply waits for a broker.
        var brokerTimeout = Duration.seconds(600)
        /// The waits between attempts while there is trouble with the broker.
        var backoff = ReconnectBackoff(interval: .milliseconds(250), maximumInterval: .seconds(10), jitter: 0.5)
        /// How many connections may be lost while sending one reply.
        var maximumLosses = 5
        /// The most replies that wait.
        var maximumCount = 10_000
        /// The most bytes that they have together.
        var maximumBytes = 64 << 20
    }

    enum Reason: Sendable, Equatable {
        /// The caller's queue stayed missing.
        case missingQueue
        /// No broker took the reply in time.
        case broker
        /// Too many replies wait.
        case overload
        /// The transport shuts down.
        case shutdown
    }

    enum Action: Sendable, Equatable {
        /// Send the reply again, with a fresh `_unique_id` or with the former one.
        case send(UniqueID, isFresh: Bool)
        /// Nothing more is tried.
        case giveUp(UniqueID, Reason)
    }
}

/// Reply queues whose callers were given up lately (`oslo_messaging._drivers.amqpdriver.ObsoleteReplyQueuesCache`).
struct ObsoleteQueues: Sendable {
    /// How long a queue is remembered.
    static let lifetime = Duration.seconds(60)
    /// So many are remembered; the oldest one makes room.
    static let maximumCount = 200

    private var deadlines: [Name: Moment] = [:]
    private var order: Deque<Name> = []

    var isEmpty: Bool { deadlines.isEmpty }

    mutating func insert(_ queue: Name, now: Moment) {
        if deadlines.updateValue(now.advanced(by: Self.lifetime), forKey: queue) != nil {
            order.removeAll { $0 == queue }
        }
        order.append(queue)
        if order.count > Self.maximumCount, let oldest = order.popFirst() { deadlines[oldest] = nil }
    }

    /// Whether the queue is remembered; one whose time is over is forgotten.
    mutating func contains(_ queue: Name, now: Moment) -> Bool {
        guard let deadline = deadlines[queue] else { return false }
        if now < deadline { return true }
        deadlines[queue] = nil
        order.removeAll { $0 == queue }
        return false
    }
}
