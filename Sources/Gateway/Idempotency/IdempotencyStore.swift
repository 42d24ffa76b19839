// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The answers to requests that carried a key.
///
/// A value without threads, clocks and effects: the time is passed in.
struct IdempotencyStore: Sendable {
    /// The bounds of what is kept.
    struct Limits: Sendable {
        /// How long a key is remembered once its request has been answered.
        var timeToLive: Duration
        /// Keys, those of running requests included.
        var maximumCount: Int
        /// The bytes of all answers that are kept.
        var maximumBytes: Int
    }

    /// What to do with a request.
    enum Decision: Sendable {
        /// It is the first: execute it.
        case execute
        /// It was answered: answer the same.
        case replay(StoredResponse)
        /// It was answered, and the answer is no longer kept.
        case answerLost
        /// The first one is being executed.
        case running
        /// The key belongs to another request.
        case differs
        /// As many requests as there may be are running.
        case full
    }

    private var running: [IdempotencyKey: RequestFingerprint] = [:]
    private var answered = ExpiringCache<IdempotencyKey, RequestFingerprint>()
    private var answers = ExpiringCache<IdempotencyKey, StoredResponse>()

    /// How many keys are known.
    var count: Int { running.count + answered.count }

    /// The bytes of the answers that are kept.
    var bytes: Int { answers.weight }

    /// Decides what to do with a request, and notes that it runs where it is to be executed.
    mutating func begin(
        _ key: IdempotencyKey,
        _ fingerprint: RequestFingerprint,
        now: Moment,
        _ limits: Limits
    ) -> Decision {
        trim(now, limits)
        if let first = running[key] { return first == fingerprint ? .running : .differs }
        if let first = answered[key] {
            guard first == fingerprint else { return .differs }
            return answers[key].map { .replay($0) } ?? .answerLost
        }
        guard running.count < limits.maximumCount else { return .full }
        running[key] = fingerprint
        trim(now, limits)
        return .execute
    }

    /// Keeps the answer of a running request.
    mutating func finish(
        _ key: IdempotencyKey,
        _ answer: StoredResponse,
        now: Moment,
        _ limits: Limits
    ) {
        guard let fingerprint = running.removeValue(forKey: key) else { return }
        let expiry = now.advanced(by: limits.timeToLive)
        answered.put(key, fingerprint, weight: 0, expiry: expiry)
        // The key is remembered although the answer is too large to be kept: the request must not run twice.
        if answer.size <= limits.maximumBytes { answers.put(key, answer, weight: answer.size, expiry: expiry) }
        trim(now, limits)
    }

    /// Forgets a key whose request was not executed, so that it can be sent again.
    mutating func release(_ key: IdempotencyKey) {
        running[key] = nil
        answered.remove(key)
        answers.remove(key)
    }

    private mutating func trim(_ now: Moment, _ limits: Limits) {
        let room = max(0, limits.maximumCount - running.count)
        for key in answered.trim(now: now, maximumCount: room, maximumWeight: .max) { answers.remove(key) }
        // Of what weighs too much the answers go and the keys stay.
        _ = answers.trim(now: now, maximumCount: .max, maximumWeight: limits.maximumBytes)
    }
}
