// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
internal import Threads

/// The waiting calls of a process as a value: who waits, until when, and what a reply means for it.
///
/// Deadlines stand in a heap whose entries outlive answered calls; it is built anew when more than half of it is dead,
/// so both registering and answering cost O(1) amortised where timeouts are alike.
struct ReplyWaitersState {
    private struct Expiry: Comparable {
        var instant: Moment
        var id: UniqueID

        static func < (left: Expiry, right: Expiry) -> Bool { left.instant < right.instant }
        static func == (left: Expiry, right: Expiry) -> Bool { left.instant == right.instant }
    }

    /// Whether no further call is taken.
    var isStopped = false
    /// What has come for the fanout calls among the waiters.
    var collections: [UniqueID: ReplyCollection] = [:]
    var waiters: [UniqueID: ReplyWaiter] = [:]
    private var expiries = Heap<Expiry>()

    var count: Int { waiters.count }

    /// How many deadlines are remembered, those of answered calls included.
    var expiryCount: Int { expiries.count }

    /// The earliest moment at which something may end; it can be that of a call that is answered already.
    var nextExpiry: Moment? { expiries.min?.instant }

    mutating func register(_ id: UniqueID, _ waiter: ReplyWaiter) {
        waiters[id] = waiter
        expiries.insert(Expiry(instant: waiter.effectiveDeadline, id: id))
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
        if !collections.isEmpty, collections[id] != nil { return failCollection(id, with: error, now: now) }
        guard let waiter = waiters.removeValue(forKey: id) else { return nil }
        return Self.ended(id, waiter, error)
    }

    mutating func withdraw(_ id: UniqueID) -> Bool { waiters.removeValue(forKey: id) != nil }

    static func ended(_ id: UniqueID, _ waiter: ReplyWaiter, _ error: MessagingError) -> EndedWait {
        var error = error
        error.messageID = id
        return .failed(waiter.promise.completion, error)
    }

    mutating func failAll(with error: MessagingError) -> [EndedWait] {
        defer { (waiters, collections) = ([:], [:]) }
        return waiters.map { id, waiter in
            var error = error
            error.stage = waiter.stage
            error.execution = waiter.stage == .connect ? .no : .maybe
            return Self.ended(id, waiter, error)
        }
    }

    /// Applies one message of the reply queue; nil while the call goes on or when nobody waits for it.
    ///
    /// As in oslo.messaging a value may come before the ending message, and a message with neither is a heartbeat.
    mutating func receive(_ reply: ReplyEnvelope, now: Moment) -> EndedWait? {
        guard let id = reply.messageID, let index = waiters.index(forKey: id) else { return nil }
        guard case .call(let completion) = waiters.values[index].promise.completion else {
            return collect(reply, id, now: now)
        }
        // Nearly every call has one message, which is its result.
        if reply.isEnding, reply.failure == nil, waiters.values[index].outcome == nil {
            return Self.ended(id, waiters.remove(at: index).value, completion, reply.result, now)
        }
        let outcome: ReplyWaiter.Outcome?
        if let failure = reply.failure {
            guard let remote = try? RemoteError(failure: failure) else {
                return fail(id, with: Self.badFailure, now: now)
            }
            outcome = .failure(remote)
        } else {
            outcome = reply.result == .null ? nil : .value(reply.result)
        }
        guard reply.isEnding else {
            if let outcome { waiters.values[index].outcome = outcome }
            waiters.values[index].restartMonitor(now)
            return nil
        }
        let waiter = waiters.remove(at: index).value
        return end(id, waiter, completion, outcome ?? waiter.outcome ?? .value(.null), now)
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
        if !collections.isEmpty, let wait = expireCollection(id, now: now) { return wait }
        return fail(id, with: waiter.expiry(id, now: now), now: now)
    }

    private func end(
        _ id: UniqueID,
        _ waiter: ReplyWaiter,
        _ completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void,
        _ outcome: ReplyWaiter.Outcome,
        _ now: Moment
    ) -> EndedWait {
        switch outcome {
        case .value(let value): return Self.ended(id, waiter, completion, value, now)
        case .failure(let remote):
            let error = MessagingError(.remote, remote.description, execution: .yes, remote: remote)
            return Self.ended(id, waiter, error)
        }
    }

    private static func ended(
        _ id: UniqueID,
        _ waiter: ReplyWaiter,
        _ completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void,
        _ result: JSONText,
        _ now: Moment
    ) -> EndedWait {
        let publishDuration = waiter.publishDuration(now: now)
        return .call(completion, .success(RPCReply(result: result, messageID: id, publishDuration: publishDuration)))
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
