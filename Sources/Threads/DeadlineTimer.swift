//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

@preconcurrency import Glibc

/// One thread that calls out when the earliest of many deadlines has passed.
///
/// The owner keeps the deadlines; the timer knows only the next one. Arming with a later instant than the armed one
/// costs no system call, so a stream of calls with equal timeouts never wakes the thread early.
public final class DeadlineTimer: Sendable {
    /// Called on the timer's thread with the present; gives the next deadline, or nil when there is none.
    public typealias Fire = @Sendable (ContinuousClock.Instant) -> ContinuousClock.Instant?

    private struct State {
        var armed: ContinuousClock.Instant?
        var isStopped = false
    }

    private let state = Guarded(State())
    private let wakeUp = WakeUp()
    private let fire: Fire
    private let thread = Guarded<OwnedThread?>(nil)

    /// Makes the timer and starts its thread, which lives until `stop()`.
    public init(name: String, fire: @escaping Fire) {
        self.fire = fire
        let thread = OwnedThread(name: name) { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// Makes sure that the timer fires at this instant or before; callable from any thread.
    public func arm(_ instant: ContinuousClock.Instant) {
        let isEarlier = state.withLock { state in
            if let armed = state.armed, armed <= instant { return false }
            state.armed = instant
            return true
        }
        if isEarlier { wakeUp.signal() }
    }

    /// Ends the thread and waits for it; no deadline fires afterwards.
    public func stop() {
        state.withLock { $0.isStopped = true }
        wakeUp.signal()
        thread.withLock { $0 }?.join()
    }

    private func run() {
        while true {
            let (armed, isStopped) = state.withLock { ($0.armed, $0.isStopped) }
            if isStopped { return }
            let now = ContinuousClock.now
            if let armed, armed <= now {
                fireAndRearm(now)
            } else {
                wait(until: armed, from: now)
            }
        }
    }

    private func fireAndRearm(_ now: ContinuousClock.Instant) {
        state.withLock { $0.armed = nil }
        if let next = fire(now) { arm(next) }
    }

    private func wait(until instant: ContinuousClock.Instant?, from now: ContinuousClock.Instant) {
        var descriptor = pollfd(fd: wakeUp.fileDescriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = instant.map { now.duration(to: $0).wholeMilliseconds } ?? -1
        if poll(&descriptor, 1, milliseconds) > 0 { wakeUp.clear() }
    }
}

extension Duration {
    /// Milliseconds for `poll(2)`, rounded up so that a wait never ends before its deadline, at most an hour.
    public var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < 3600 else { return 3_600_000 }
        return Int32(max(0, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }

    /// The duration in seconds as a floating-point number.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
