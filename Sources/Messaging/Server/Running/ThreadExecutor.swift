// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Threads

/// Runs the jobs of tasks on threads that may be blocked.
///
/// A thread starts when a job comes and all others are busy, up to a maximum; beyond that jobs wait.
final class ThreadExecutor: TaskExecutor {
    private struct State {
        var jobs: Deque<UnownedJob> = []
        var threadCount = 0
        var idle: [WakeUp] = []
    }

    private let state = Guarded(State())
    private let maximumCount: Int

    init(maximumCount: Int) { self.maximumCount = maximumCount }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (starts, wakes) = state.withLock { state -> (Bool, WakeUp?) in
            state.jobs.append(job)
            if let idle = state.idle.popLast() { return (false, idle) }
            guard state.threadCount < maximumCount else { return (false, nil) }
            state.threadCount += 1
            return (true, nil)
        }
        wakes?.signal()
        if starts { startThread() }
    }

    private func startThread() {
        do throws(OutOfResources) {
            let wakeUp = try WakeUp()
            // Dropping the handle detaches the thread; its closure keeps the executor alive.
            _ = try OwnedThread(name: "rpc-worker") { [self] in runThread(wakeUp) }
        } catch {
            // The job waits for one of the existing threads, or for the next attempt to start one.
            state.withLock { $0.threadCount -= 1 }
            retryLater()
        }
    }

    private static let retryInterval = Duration.milliseconds(100)

    private func retryLater() {
        guard let loop = try? EventLoop.shared() else { return }
        let timer = DeadlineTimer(loop: loop) { [self] _ in
            let starts = state.withLock { state in
                guard !state.jobs.isEmpty, state.threadCount < maximumCount else { return false }
                state.threadCount += 1
                return true
            }
            if starts { startThread() }
            return nil
        }
        timer.arm(.now + Self.retryInterval)
    }

    private func runThread(_ wakeUp: WakeUp) {
        while true {
            // Each job was enqueued here and is run once.
            while let job = nextJob(wakeUp) { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            wakeUp.wait()
        }
    }

    /// The next job; nil when there is none, and then the thread is noted as idle.
    private func nextJob(_ wakeUp: WakeUp) -> UnownedJob? {
        state.withLock { state in
            if let job = state.jobs.popFirst() { return job }
            state.idle.append(wakeUp)
            return nil
        }
    }
}
