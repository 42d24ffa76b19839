// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// The request objects of one HTTP request; a bounded number of them runs at a time.
///
/// Each entry ends on whatever thread its answer comes from, and the next one is begun there.
final class JSONRPCBatch: Sendable {
    /// What an entry came to; `response` is nil for a notification.
    struct Outcome: Sendable {
        var response: [UInt8]?
        /// What is known about its execution.
        var executed: MessagingError.Execution
    }

    /// Runs the entry at an index and calls back once, from any thread, possibly before it returns.
    typealias Run = @Sendable (_ index: Int, _ completion: @escaping @Sendable (Outcome) -> Void) -> Void
    /// Gets the responses in the order of the entries, and what is known about the execution of them all.
    typealias Completion = @Sendable (_ responses: [[UInt8]], _ executed: MessagingError.Execution) -> Void

    fileprivate struct State: Sendable {
        var queue: BatchQueue
        var responses: [[UInt8]?]
        /// Nil before the first end.
        var executed: MessagingError.Execution?
        var isStarting = false
    }

    private let state: Guarded<State>
    private let run: Run
    private let completion: Completion

    init(count: Int, parallelism: Int, run: @escaping Run, completion: @escaping Completion) {
        let queue = BatchQueue(count: count, parallelism: parallelism)
        state = Guarded(State(queue: queue, responses: Array(repeating: nil, count: count)))
        self.run = run
        self.completion = completion
    }

    /// Begins as many entries as may run.
    ///
    /// One thread at a time begins them, in a loop: otherwise entries that end at once would nest as deep as the batch
    /// is long.
    func start() {
        guard state.withLock({ $0.beginStarting() }) else { return }
        while let index = state.withLock({ $0.next() }) {
            run(index) { [self] outcome in ended(index, outcome) }
        }
    }

    private func ended(_ index: Int, _ outcome: Outcome) {
        let result = state.withLock { $0.end(index, outcome) }
        if let result { completion(result.responses.compactMap { $0 }, result.executed) } else { start() }
    }
}

extension JSONRPCBatch.State {
    /// Takes the right to begin entries; false when another thread has it.
    fileprivate mutating func beginStarting() -> Bool {
        guard !isStarting else { return false }
        isStarting = true
        return true
    }

    /// The next entry to begin; with nil the right is given back.
    fileprivate mutating func next() -> Int? {
        let index = queue.next()
        if index == nil { isStarting = false }
        return index
    }

    /// Notes the end of an entry; returns the whole outcome when it was the last.
    fileprivate mutating func end(
        _ index: Int,
        _ outcome: JSONRPCBatch.Outcome
    ) -> (responses: [[UInt8]?], executed: MessagingError.Execution)? {
        responses[index] = outcome.response
        // Where some ran and some did not, nothing else is true of them all.
        let all = executed.map { $0 == outcome.executed ? $0 : .maybe } ?? outcome.executed
        executed = all
        return queue.end() ? (responses, all) : nil
    }
}

/// Which entries of a batch run: in their order, a bounded number at a time.
struct BatchQueue: Sendable {
    private let count: Int
    private let parallelism: Int
    private var begun = 0
    private var ended = 0

    init(count: Int, parallelism: Int) {
        self.count = count
        self.parallelism = max(1, parallelism)
    }

    /// The next entry that may begin; nil when none is left or enough are running.
    mutating func next() -> Int? {
        guard begun < count, begun - ended < parallelism else { return nil }
        defer { begun += 1 }
        return begun
    }

    /// An entry has ended; true when it was the last of all.
    mutating func end() -> Bool {
        ended += 1
        return ended == count
    }
}
