//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Threads

/// One thread that wakes many: listeners and replies that wait would otherwise have a timer thread each.
final class AlarmClock: Sendable {
    /// Called on the clock's thread with the present; gives the next moment, or nil when there is none.
    typealias Fire = DeadlineTimer.Fire

    private struct Entry {
        var fire: Fire
        var due: ContinuousClock.Instant?
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var lastKey = 0
        var timer: DeadlineTimer?
        var isStopped = false
    }

    /// What one user of the clock holds of it.
    struct Alarm: Sendable {
        fileprivate let key: Int
        fileprivate let clock: AlarmClock

        /// Makes sure that the alarm goes off at this instant or before.
        func arm(_ instant: ContinuousClock.Instant) { clock.arm(key, instant) }

        /// Forgets the alarm; it may be going off at this moment.
        func remove() { clock.remove(key) }
    }

    private let state = Guarded(State())

    /// Makes an alarm that is not armed.
    func makeAlarm(_ fire: @escaping Fire) -> Alarm {
        let key = state.withLock { state in
            state.lastKey += 1
            state.entries[state.lastKey] = Entry(fire: fire)
            return state.lastKey
        }
        return Alarm(key: key, clock: self)
    }

    /// Ends the thread; no alarm goes off afterwards. Not to be called by an alarm.
    func stop() {
        let timer = state.withLock { state in
            defer { (state.entries, state.timer, state.isStopped) = ([:], nil, true) }
            return state.timer
        }
        timer?.stop()
    }

    private func arm(_ key: Int, _ instant: ContinuousClock.Instant) {
        let timer = state.withLock { state -> DeadlineTimer? in
            guard !state.isStopped, let entry = state.entries[key] else { return nil }
            state.entries[key]?.due = min(entry.due ?? instant, instant)
            state.timer = state.timer ?? DeadlineTimer(name: "amqp-listen") { [weak self] now in self?.fire(now) }
            return state.timer
        }
        timer?.arm(instant)
    }

    private func remove(_ key: Int) {
        state.withLock { state in _ = state.entries.removeValue(forKey: key) }
    }

    private func fire(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let due = state.withLock { state in
            let due = state.entries.filter { entry in entry.value.due.map { $0 <= now } ?? false }
            for key in due.keys { state.entries[key]?.due = nil }
            return due
        }
        for (key, entry) in due {
            if let next = entry.fire(now) { arm(key, next) }
        }
        return state.withLock { $0.entries.values.compactMap(\.due).min() }
    }
}
