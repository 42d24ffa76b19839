// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
internal import Threads

/// The waiting calls of a process as a value: who waits, until when, and what a reply means for it.
///
/// Deadlines are in a heap whose entries outlive answered calls; it is rebuilt when more than half of it is dead, so
/// both registering and answering are O(1) amortised where timeouts are alike.
struct ReplyWaitersState {
    private struct Expiry: Comparable {
        var instant: Moment
        var id: UniqueID

        static func < (left: Expiry, right: Expiry) -> Bool { left.instant < right.instant }
        static func == (left: Expiry, right: Expiry) -> Bool { left.instant == right.instant }
    }

    /// Whether no further call is taken.
    var isStopped = false
    private(set) var waiters: [UniqueID: ReplyWaiter] = [:]
    private var expiries = Heap<Expiry>()

    var count: Int { waiters.count }

    /// How many deadlines are remembered, those of answered calls included.
    var expiryCount: Int { expiries.count }

    /// The earliest moment at which something may end; it can be that of a call that has been answered already.
    var nextExpiry: Moment? { expiries.min?.instant }

    mutating func register(_ id: UniqueID, _ waiter: consuming ReplyWaiter) {
        expiries.insert(Expiry(instant: waiter.effectiveDeadline, id: id))
        waiters[id] = consume waiter
        compact()
    }

    /// Notes that a call's request is about to be written; false when nobody waits for it any more.
    mutating func begin(_ id: UniqueID) -> Bool {
        guard let index = waiters.index(forKey: id) else { return false }
        waiters.values[index].begin()
        return true
    }

    /// Notes progress; true when the call's monitor may now end it earlier than before.
    mutating func advance(_ id: UniqueID, to stage: MessagingError.Stage, now: Moment) -> Bool {
        guard let index = waiters.index(forKey: id) else { return false }
        waiters.values[index].advance(to: stage, now: now)
        guard waiters.values[index].monitorDeadline != nil else { return false }
        expiries.insert(Expiry(instant: waiters.values[index].effectiveDeadline, id: id))
        return true
    }

    mutating func fail(_ id: UniqueID, with error: MessagingError, now: Moment) -> EndedWait? {
        guard let index = waiters.index(forKey: id) else { return nil }
        if case .replies = waiters.values[index].awaited { return failCollection(id, at: index, with: error, now: now) }
        return Self.failed(id, waiters.remove(at: index).value, error)
    }

    mutating func cancel(_ id: UniqueID, with error: MessagingError) -> EndedWait? {
        waiters.removeValue(forKey: id).map { Self.brokenOff(id, $0, error) }
    }

    mutating func failAll(with error: MessagingError) -> [EndedWait] {
        defer { waiters = [:] }
        return waiters.map { Self.brokenOff($0, $1, error) }
    }

    /// The end of a wait for a reason of its own, whose error is made to say how far the wait had come.
    private static func brokenOff(_ id: UniqueID, _ waiter: ReplyWaiter, _ error: MessagingError) -> EndedWait {
        var error = error
        error.stage = waiter.stage
        error.execution = waiter.stage == .connect ? .no : .maybe
        return failed(id, waiter, error)
    }

    private static func failed(_ id: UniqueID, _ waiter: ReplyWaiter, _ error: MessagingError) -> EndedWait {
        // A look at a queue is no message, and has no identifier.
        if case .status = waiter.awaited { return .failed(waiter.awaited, error) }
        var error = error
        error.messageID = id
        return .failed(waiter.awaited, error)
    }

    /// Processes one message of the reply queue; nil while the call goes on, or when no call waits for it.
    ///
    /// As in oslo.messaging a value may come before the ending message, and a message with neither is a heartbeat.
    mutating func receive(_ reply: ReplyEnvelope, now: Moment) -> EndedWait? {
        guard let id = reply.messageID, let index = waiters.index(forKey: id) else { return nil }
        guard case .reply(let complete) = waiters.values[index].awaited else {
            return collect(reply, id, at: index, now: now)
        }
        // Nearly every call has one message, which is its result.
        if reply.isEnding, reply.failure == nil, waiters.values[index].received == nil {
            return Self.ended(id, waiters.remove(at: index).value, complete, reply.result, now)
        }
        let received: ReplyWaiter.Received?
        switch reply.failure {
        case .exception(let remote): received = .failure(remote)
        case .unreadable: return fail(id, with: Self.badFailure, now: now)
        case nil: received = reply.result == .null ? nil : .value(reply.result)
        }
        guard reply.isEnding else {
            if let received { waiters.values[index].received = received }
            waiters.values[index].restartMonitor(now)
            return nil
        }
        let waiter = waiters.remove(at: index).value
        switch received ?? waiter.received {
        case .value(let value): return Self.ended(id, waiter, complete, value, now)
        case .failure(let remote):
            let error = MessagingError(.remote, remote.description, execution: .yes, remote: remote)
            return Self.failed(id, waiter, error)
        case .replies, nil: return Self.ended(id, waiter, complete, .null, now)
        }
    }

    /// Processes the reply to a plain request; nil when none waits for it.
    mutating func receive(_ message: PlainMessage, for id: UniqueID, now: Moment) -> EndedWait? {
        guard let waiter = waiters[id], case .message(let complete) = waiter.awaited else { return nil }
        waiters[id] = nil
        let duration = waiter.publishDuration(now: now)
        return .message(complete, PlainReply(message: message, messageID: id, publishDuration: duration))
    }

    func awaitsMessage(_ id: UniqueID) -> Bool {
        if case .message = waiters[id]?.awaited { true } else { false }
    }

    mutating func confirm(_ id: UniqueID) -> EndedWait? {
        guard case .confirm(let complete) = waiters[id]?.awaited else { return nil }
        waiters[id] = nil
        return .confirm(complete)
    }

    mutating func receive(_ status: QueueStatus?, for id: UniqueID) -> EndedWait? {
        guard case .status(let complete) = waiters[id]?.awaited else { return nil }
        waiters[id] = nil
        return .status(complete, status)
    }

    /// Ends the calls whose time is over.
    mutating func expire(now: Moment) -> [EndedWait] {
        var ended: [EndedWait] = []
        while let expiry = expiries.min, expiry.instant <= now {
            expiries.removeMin()
            guard let waiter = waiters[expiry.id] else { continue }
            if waiter.effectiveDeadline <= now {
                if let wait = expire(expiry.id, waiter, now: now) { ended.append(wait) }
            } else {
                expiries.insert(Expiry(instant: waiter.effectiveDeadline, id: expiry.id))
            }
        }
        return ended
    }

    private mutating func expire(_ id: UniqueID, _ waiter: ReplyWaiter, now: Moment) -> EndedWait? {
        endExpiredCollection(id, waiter, now: now) ?? fail(id, with: waiter.expiry(id, now: now), now: now)
    }

    private static func ended(
        _ id: UniqueID,
        _ waiter: ReplyWaiter,
        _ complete: @escaping Awaited.Completion<RPCReply>,
        _ result: JSONText,
        _ now: Moment
    ) -> EndedWait {
        let publishDuration = waiter.publishDuration(now: now)
        return .reply(complete, RPCReply(result: result, messageID: id, publishDuration: publishDuration))
    }

    private static let badFailure = MessagingError(
        .badReply,
        "The server's failure cannot be decoded: it is not a JSON object",
        execution: .yes
    )

    private mutating func compact() {
        guard expiries.count > 2 * waiters.count + 1024 else { return }
        expiries = Heap(waiters.map { Expiry(instant: $0.value.effectiveDeadline, id: $0.key) })
    }
}

extension ReplyWaitersState {
    private typealias Index = Dictionary<UniqueID, ReplyWaiter>.Index

    /// Keeps a reply to a fanout call; returns the call once its minimum or a bound is reached.
    private mutating func collect(
        _ reply: ReplyEnvelope,
        _ id: UniqueID,
        at index: Index,
        now: Moment
    ) -> EndedWait? {
        waiters.values[index].collect { $0.add(reply) }
        waiters.values[index].restartMonitor(now)
        return endCollectionIfOver(id, at: index, now: now)
    }

    /// Ends a fanout call at its deadline with what is there; nil when the broker had not even confirmed it.
    private mutating func endExpiredCollection(_ id: UniqueID, _ waiter: ReplyWaiter, now: Moment) -> EndedWait? {
        guard let collection = waiter.collection, waiter.stage == .reply || !collection.replies.isEmpty else {
            return nil
        }
        return waiters.index(forKey: id).flatMap { endCollection(id, at: $0, now: now) }
    }

    /// Fails a fanout call, unless the error concerns only one reply, or the request is known to have arrived.
    private mutating func failCollection(
        _ id: UniqueID,
        at index: Index,
        with error: MessagingError,
        now: Moment
    ) -> EndedWait? {
        if error.code == .badReply {
            waiters.values[index].collect { $0.addUnreadable(error.message) }
            return endCollectionIfOver(id, at: index, now: now)
        }
        if error.execution == .maybe, waiters.values[index].collection?.replies.isEmpty == false {
            waiters.values[index].advance(to: .reply, now: now)
            return nil
        }
        return Self.failed(id, waiters.remove(at: index).value, error)
    }

    private mutating func endCollectionIfOver(_ id: UniqueID, at index: Index, now: Moment) -> EndedWait? {
        waiters.values[index].collection?.isOver == true ? endCollection(id, at: index, now: now) : nil
    }

    private mutating func endCollection(_ id: UniqueID, at index: Index, now: Moment) -> EndedWait? {
        let waiter = waiters.remove(at: index).value
        guard case .replies(_, let complete) = waiter.awaited, let collection = waiter.collection else { return nil }
        var gathered = GatheredReplies(
            replies: collection.replies,
            isComplete: collection.isComplete,
            messageID: id,
            publishDuration: waiter.publishDuration(now: now)
        )
        gathered.share = collection.share
        return .replies(complete, gathered)
    }
}
