// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Tells callers with a call monitor that their methods still run (`oslo_messaging.rpc.dispatcher._watchdog`).
///
/// The process's shared loop does it: methods that block Swift's threads must not make their callers believe that the
/// server is dead.
final class CallHeartbeats: Sendable {
    private let schedule = Guarded(HeartbeatSchedule())
    private let timer = Guarded<DeadlineTimer?>(nil)

    deinit { timer.withLock { $0 }?.stop() }

    /// Begins to beat for a message; nil for one whose caller asks for no heartbeats, or for more than a server can give.
    func begin(_ message: any IncomingMessage) -> UniqueID? {
        guard message.request.isCall, let timeout = message.request.callMonitorTimeout,
            let interval = HeartbeatSchedule.interval(timeout)
        else { return nil }
        let id = UniqueID()
        let next = schedule.withLock { schedule in
            schedule.begin(id, message, every: interval, now: .now)
            return schedule.next
        }
        if let next { runningTimer()?.arm(next) }
        return id
    }

    /// Stops beating; no heartbeat begins afterwards.
    func end(_ id: UniqueID) { schedule.withLock { $0.end(id) } }

    /// The timer; nil when there is neither a loop nor a descriptor for one, and then callers get no heartbeats.
    private func runningTimer() -> DeadlineTimer? {
        timer.withLock { timer in
            if let timer { return timer }
            guard let loop = try? EventLoop.shared() else { return nil }
            let made = DeadlineTimer(loop: loop) { [weak self] now in self?.beat(now) }
            timer = made
            return made
        }
    }

    private func beat(_ now: Moment) -> Moment? {
        let (due, next) = schedule.withLock { ($0.due(now: now), $0.next) }
        for message in due { message.reply(.heartbeat) { _ in } }
        return next
    }
}
