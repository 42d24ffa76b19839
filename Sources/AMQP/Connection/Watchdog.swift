//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Glibc
internal import Threads

/// Ends waits that a C library will not end by itself; one thread for the process, started when first needed.
///
/// rabbitmq-c waits without a bound in two places that the owner thread cannot leave by itself: the system's resolver
/// while connecting, and a TLS write that OpenSSL holds up. Before entering one of them the owner thread sets an
/// alarm, and takes it back afterwards; what goes off ends the wait (shuts the descriptor down) or tells those who
/// depend on it.
final class Watchdog: Sendable {
    private struct Alarm: Sendable {
        let instant: ContinuousClock.Instant
        let action: @Sendable () -> Void
    }

    private struct State: Sendable {
        var alarms: [UInt64: Alarm] = [:]
        var nextID: UInt64 = 0
        var isRunning = false
        var sleepsUntil: ContinuousClock.Instant?
    }

    static let shared = Watchdog()

    private let state = Guarded(State())
    private let wakeUp = WakeUp()

    /// Runs the action at the instant, on the watchdog's thread, unless cancelled before; it must not block.
    func schedule(at instant: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, mustStart, mustWake) = state.withLock { state in
            defer { state.isRunning = true }
            state.nextID += 1
            state.alarms[state.nextID] = Alarm(instant: instant, action: action)
            let mustWake = state.sleepsUntil.map { instant < $0 } ?? true
            return (state.nextID, !state.isRunning, mustWake)
        }
        if mustStart { _ = OwnedThread(name: "amqp-watchdog") { [self] in run() } }
        if mustWake { wakeUp.signal() }
        return id
    }

    /// Takes an alarm back; one that is going off at this moment still does.
    func cancel(_ id: UInt64) {
        state.withLock { state in _ = state.alarms.removeValue(forKey: id) }
    }

    private func run() {
        while true {
            var entry = pollfd(fd: wakeUp.fileDescriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, millisecondsToNextAlarm())
            wakeUp.clear()
            for action in takeDueActions(at: .now) { action() }
        }
    }

    private func millisecondsToNextAlarm() -> Int32 {
        let now = ContinuousClock.now
        let next = state.withLock { state in
            state.sleepsUntil = state.alarms.values.map(\.instant).min()
            return state.sleepsUntil
        }
        return next.map { ($0 - now).pollMilliseconds } ?? -1
    }

    private func takeDueActions(at now: ContinuousClock.Instant) -> [@Sendable () -> Void] {
        state.withLock { state in
            let due = state.alarms.filter { $0.value.instant <= now }
            for id in due.keys { state.alarms[id] = nil }
            return due.values.map(\.action)
        }
    }
}
