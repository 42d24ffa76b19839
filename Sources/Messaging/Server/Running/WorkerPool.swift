// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Threads

/// Runs items of work in the order in which they come, a limited number at a time; the others wait.
///
/// How many may wait is bounded by whoever submits them (a listener's prefetch count), not here.
final class WorkerPool<Item: Sendable>: Sendable {
    private enum Intake {
        case open, held, stopped
    }

    private struct State {
        var waiting: Deque<Item> = []
        var workerCount = 0
        var intake = Intake.open
        var idlers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Guarded(State())
    private let executor: RPCExecutor
    private let work: @Sendable (Item) async -> Void

    /// Makes a pool without workers; they come with the work and end when none is left.
    init(executor: RPCExecutor, work: @escaping @Sendable (Item) async -> Void) {
        self.executor = executor
        self.work = work
    }

    /// How many items are running.
    var runningCount: Int { state.withLock { $0.workerCount } }

    /// How many items have not started.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs an item now or later; false after `stop()`, and then it will not run.
    func submit(_ item: Item) -> Bool {
        let (isTaken, begins) = state.withLock { state in
            guard state.intake != .stopped else { return (false, false) }
            guard state.intake == .open, state.workerCount < executor.workerCount else {
                state.waiting.append(item)
                return (true, false)
            }
            state.workerCount += 1
            return (true, true)
        }
        if begins { executor.run { [self] in await runWorker(item) } }
        return isTaken
    }

    /// Begins nothing more; what comes waits.
    func hold() { state.withLock { $0.intake = .held } }

    /// Takes no further item; returns those that have not begun.
    func stop() -> [Item] {
        state.withLock { state in
            state.intake = .stopped
            defer { state.waiting = [] }
            return Array(state.waiting)
        }
    }

    /// Takes items again after a stop.
    func resume() { state.withLock { $0.intake = .open } }

    /// Runs items that were given back by `stop()`, in spite of it.
    func runAnyway(_ items: [Item]) {
        for item in items {
            let begins = state.withLock { state in
                guard state.workerCount < executor.workerCount else {
                    state.waiting.append(item)
                    return false
                }
                state.workerCount += 1
                return true
            }
            if begins { executor.run { [self] in await runWorker(item) } }
        }
    }

    /// Returns when nothing runs and nothing waits.
    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.workerCount > 0 { state.idlers.append(continuation) }
                return state.workerCount == 0
            }
            if isIdle { continuation.resume() }
        }
    }

    private func runWorker(_ first: Item) async {
        var item: Item? = first
        while let next = item {
            await work(next)
            item = nextItem()
        }
    }

    /// The next item for a worker that is done with its last; nil ends the worker.
    private func nextItem() -> Item? {
        let (item, idlers) = state.withLock { state -> (Item?, [CheckedContinuation<Void, Never>]) in
            if state.intake != .held, let item = state.waiting.popFirst() { return (item, []) }
            state.workerCount -= 1
            guard state.workerCount == 0 else { return (nil, []) }
            defer { state.idlers = [] }
            return (nil, state.idlers)
        }
        for idler in idlers { idler.resume() }
        return item
    }
}
