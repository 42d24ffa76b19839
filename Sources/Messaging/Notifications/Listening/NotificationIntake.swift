// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The way of notifications from a driver to the workers: collected into batches, run, or held back after a stop.
final class NotificationIntake: Sendable {
    typealias Message = any IncomingNotificationMessage

    private struct State {
        var batcher: NotificationBatcher<Message>
        var isStopped = true
        /// What came after the stop. It goes back only once nothing is consumed any more; otherwise it would come again
        /// and again.
        var held: [Message] = []
    }

    private let state: Guarded<State>
    private let work: NotificationWork
    private let pool: WorkerPool<[Message]>

    init(work: NotificationWork, configuration: NotificationListenerConfiguration) {
        state = Guarded(
            State(batcher: NotificationBatcher(size: configuration.batchSize, timeout: configuration.batchTimeout))
        )
        self.work = work
        pool = WorkerPool(executor: configuration.executor) { batch in await work.perform(batch) }
    }

    /// Batches that are being handled.
    var runningCount: Int { pool.runningCount }

    /// Takes a notification; called on a thread of the driver, never blocks.
    func receive(_ message: Message) {
        guard work.admit(message) else { return }
        let (batch, alarm) = state.withLock { state -> ([Message]?, Moment?) in
            guard !state.isStopped else {
                state.held.append(message)
                return (nil, nil)
            }
            return state.batcher.add(message, now: .now)
        }
        if let batch { submit(batch) }
        if let alarm { setAlarm(alarm) }
    }

    /// Hands over again what comes.
    func resume() {
        pool.resume()
        state.withLock { $0.isStopped = false }
    }

    /// Starts nothing more.
    ///
    /// - Returns: what has not started.
    func stop() -> [Message] {
        let collected = state.withLock { state in
            state.isStopped = true
            return state.batcher.drain()
        }
        return pool.stop().flatMap { $0 } + collected
    }

    /// What came after the stop; returned only once.
    func takeHeld() -> [Message] {
        state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
    }

    /// Puts notifications that have not started back into their queues.
    func giveBack(_ messages: [Message]) {
        for message in messages { work.giveBack(message) }
    }

    /// Handles notifications in spite of the stop.
    func runAnyway(_ messages: [Message]) { pool.runAnyway(messages.map { [$0] }) }

    /// Returns when nothing is being handled.
    func waitUntilIdle() async { await pool.waitUntilIdle() }

    private func submit(_ batch: [Message]) {
        // Stopped between the lock and here.
        if !pool.submit(batch) { state.withLock { $0.held += batch } }
    }

    private func setAlarm(_ instant: Moment) {
        Task { [self] in
            try? await Task.sleep(for: max(.zero, instant - .now))
            let (batch, next) = state.withLock { $0.batcher.expire(now: .now) }
            if let batch { submit(batch) }
            if let next { setAlarm(next) }
        }
    }
}
