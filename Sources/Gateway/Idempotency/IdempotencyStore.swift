// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// The answers to requests that carried a key.
///
/// A key is remembered for its whole time to live, whatever others send: where there is no place for more, new keys are
/// refused. The answers are another matter, as they can be large: a holder that has more than its share of their bytes
/// loses its oldest ones, and such a request is then only known to have been answered.
///
/// A value without threads, clocks and effects: the time is passed in.
struct IdempotencyStore: Sendable {
    /// The bounds of what is kept.
    struct Limits: Sendable {
        /// How long a key is remembered once its request has been answered.
        var timeToLive: Duration
        /// The most keys, including those of running requests.
        var maximumCount: Int
        /// The most bytes of all answers that are kept.
        var maximumBytes: Int
    }

    /// What to do with a request.
    enum Decision: Sendable {
        /// It is the first: execute it.
        case execute
        /// It was answered: answer the same.
        case replay(StoredResponse)
        /// It was answered, and the answer, which said whether it was executed, is no longer kept.
        case answerGone(MessagingError.Execution)
        /// The first one is being executed.
        case running
        /// The key belongs to another request.
        case differs
        /// The holder has as many keys as it may have; the moment tells when the oldest of all goes.
        case full(held: Int, until: Moment?)
    }

    private struct Running: Sendable {
        var fingerprint: RequestFingerprint
        var holder: Holder
        /// The answer in the meantime, where the request's own answer comes later.
        var begun: StoredResponse?
    }

    private struct Answered: Sendable {
        var fingerprint: RequestFingerprint
        var executed: MessagingError.Execution
    }

    private var running: [IdempotencyKey: Running] = [:]
    private var answered = ExpiringCache<IdempotencyKey, Answered>()
    private var answers = ExpiringCache<IdempotencyKey, StoredResponse>()
    private var places = Shares()

    /// How many keys are known.
    var count: Int { places.total }

    /// The bytes of the answers that are kept.
    var bytes: Int { answers.weight }

    /// Decides what to do with a request, and notes that it is running if it is to be executed.
    mutating func begin(
        _ key: IdempotencyKey,
        _ fingerprint: RequestFingerprint,
        of holder: Holder,
        now: Moment,
        _ limits: Limits
    ) -> Decision {
        expire(now)
        if let first = running[key] {
            guard first.fingerprint == fingerprint else { return .differs }
            return first.begun.map { .replay($0) } ?? .running
        }
        if let first = answered[key] {
            guard first.fingerprint == fingerprint else { return .differs }
            return answers[key].map { .replay($0) } ?? .answerGone(first.executed)
        }
        guard places.hasPlace(for: holder, in: limits.maximumCount) else {
            return .full(held: places[holder], until: answered.nextExpiry)
        }
        running[key] = Running(fingerprint: fingerprint, holder: holder)
        places.add(1, to: holder)
        return .execute
    }

    /// Keeps the answer that a running request gets until its own is there.
    mutating func answerMeanwhile(_ key: IdempotencyKey, _ answer: StoredResponse) { running[key]?.begun = answer }

    /// Keeps the answer to a running request; the time to live counts from here.
    ///
    /// - Parameter answer: nil for the one that was given meanwhile.
    mutating func finish(
        _ key: IdempotencyKey,
        _ answer: StoredResponse?,
        executed: MessagingError.Execution,
        now: Moment,
        _ limits: Limits
    ) {
        guard let first = running.removeValue(forKey: key) else { return }
        let expiry = now.advanced(by: limits.timeToLive)
        let known = Answered(fingerprint: first.fingerprint, executed: executed)
        answered.put(key, known, of: first.holder, expiry: expiry)
        guard let answer = answer ?? first.begun,
            answers.makeRoom(for: answer.size, of: first.holder, in: limits.maximumBytes) != nil
        else { return }
        answers.put(key, answer, of: first.holder, weight: answer.size, expiry: expiry)
    }

    /// Forgets the key of a running request that was not executed, so that it can be sent again.
    mutating func release(_ key: IdempotencyKey) {
        guard let first = running.removeValue(forKey: key) else { return }
        places.remove(1, from: first.holder)
    }

    private mutating func expire(_ now: Moment) {
        for ended in answered.takeExpired(now: now) {
            places.remove(1, from: ended.holder)
            answers.remove(ended.key)
        }
    }
}
