// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Calls out on a loop's thread when the earliest of many deadlines has passed.
///
/// The owner keeps the deadlines; the timer knows only the next one. Arming with a later instant than the armed one
/// costs nothing but a lock, so a stream of calls with equal time-outs never wakes the loop early.
public final class DeadlineTimer: Sendable {
    /// Called on the loop's thread with the present moment; returns the next deadline, or nil when there is none.
    public typealias Fire = @Sendable (Moment) -> Moment?

    private struct State {
        var armed: Moment?
        var isStopped = false
    }

    private let state = Guarded(State())
    private let loop: EventLoop
    private let fire: Fire
    private let isUrgent: Bool

    /// Makes a timer that is not armed.
    ///
    /// - Parameter isUrgent: true for a timer that watches over another loop: it is armed even if that loop does not
    ///   get to the end of its turn.
    public init(loop: EventLoop, isUrgent: Bool = false, fire: @escaping Fire) {
        self.loop = loop
        self.isUrgent = isUrgent
        self.fire = fire
    }

    /// Makes sure that the timer fires at this instant or earlier; callable from any thread.
    public func arm(_ instant: Moment) {
        let isEarlier = state.withLock { state in
            if state.isStopped { return false }
            if let armed = state.armed, armed <= instant { return false }
            state.armed = instant
            return true
        }
        guard isEarlier else { return }
        if loop.isCurrent { return loop.schedule(self, at: instant) }
        let schedule: @Sendable () -> Void = { [loop] in loop.schedule(self, at: instant) }
        if isUrgent { loop.executeNow(schedule) } else { loop.execute(schedule) }
    }

    /// Keeps every later deadline from firing; one that is just firing on the loop's thread may still be at work.
    public func stop() {
        state.withLock { state in (state.armed, state.isStopped) = (nil, true) }
    }

    /// Fires unless the deadline has been moved or withdrawn since.
    func fireIfDue(_ now: Moment) {
        let isDue = state.withLock { state in
            guard let armed = state.armed, armed <= now else { return false }
            state.armed = nil
            return true
        }
        if isDue, let next = fire(now) { arm(next) }
    }
}

extension Duration {
    /// Milliseconds for a wait, rounded up so that it never ends before its deadline, at most an hour.
    public var waitMilliseconds: Int32 {
        let nanoseconds = wholeNanoseconds
        guard nanoseconds < 3_600_000_000_000 else { return 3_600_000 }
        return Int32(max(0, (nanoseconds + 999_999) / 1_000_000))
    }
}
