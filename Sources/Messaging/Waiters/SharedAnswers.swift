// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// Answers that are shared by all who ask within a short while, as a value: the last one, and who waits for the next.
///
/// The owner keeps it under a lock, finds the answer when told to look, and tells those who waited outside the lock.
public struct SharedAnswers<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
    /// How somebody who waits is told.
    public typealias Completion = @Sendable (Answer) -> Void

    /// What follows from a question.
    public enum Step: Sendable {
        /// The answer is fresh enough; `refresh` says that a new look should begin while this one is used.
        case known(Answer, refresh: Bool)
        /// The one who asked is told later; `look` says that a look has to begin now.
        case pending(look: Bool)
    }

    private struct Entry: Sendable {
        var answer: (value: Answer, seen: Moment)?
        var isLooking = false
        var waiting: [Completion] = []
    }

    /// How long an answer is valid.
    public let lifetime: Duration
    /// The age from which on a new look begins ahead of time, so that a busy key never waits for one.
    public let refreshAfter: Duration
    private let maximumKeys: Int
    private var entries: [Key: Entry] = [:]

    /// Makes an empty store.
    public init(
        lifetime: Duration = .seconds(1),
        refreshAfter: Duration = .milliseconds(500),
        maximumKeys: Int = 10_000
    ) {
        self.lifetime = lifetime
        self.refreshAfter = refreshAfter
        self.maximumKeys = maximumKeys
    }

    /// Asks; the completion is kept only while the answer is pending.
    public mutating func ask(_ key: Key, now: Moment, _ completion: @escaping Completion) -> Step {
        var entry = entries[key] ?? newEntry(now)
        defer { entries[key] = entry }
        let begins = !entry.isLooking
        if let answer = entry.answer, answer.seen.duration(to: now) < lifetime {
            let refresh = begins && answer.seen.duration(to: now) > refreshAfter
            entry.isLooking = entry.isLooking || refresh
            return .known(answer.value, refresh: refresh)
        }
        entry.isLooking = true
        entry.waiting.append(completion)
        return .pending(look: begins)
    }

    /// The answer when it is fresh enough, and since when; `refresh` says that a new look should begin while it is used.
    public mutating func peek(_ key: Key, now: Moment) -> (answer: Answer, seen: Moment, refresh: Bool)? {
        guard let index = entries.index(forKey: key), let answer = entries.values[index].answer else { return nil }
        let age = answer.seen.duration(to: now)
        guard age < lifetime else { return nil }
        let refresh = !entries.values[index].isLooking && age > refreshAfter
        if refresh { entries.values[index].isLooking = true }
        return (answer.value, answer.seen, refresh)
    }

    /// Takes the result of a look; returns those who waited for it. An answer that is not kept is for them only.
    public mutating func found(_ key: Key, _ answer: Answer, keeps: Bool, now: Moment) -> [Completion] {
        guard let entry = entries[key] else { return [] }
        entries[key] = keeps ? Entry(answer: (answer, now)) : nil
        return entry.waiting
    }

    /// Drops what is too old when the store is full; keys with a look under way stay.
    private mutating func newEntry(_ now: Moment) -> Entry {
        if entries.count >= maximumKeys {
            entries = entries.filter { entry in
                entry.value.isLooking || (entry.value.answer?.seen.duration(to: now) ?? lifetime) < lifetime
            }
        }
        return Entry()
    }
}
