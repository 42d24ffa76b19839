//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension PoolStateMachine {
    /// The timer fired: ends the waits whose deadline has come, closes what has been idle too long, tries to connect.
    @inlinable
    public mutating func timerFired(now: ContinuousClock.Instant) -> Actions {
        requestedTimer = nil
        var actions = Actions()
        while let waiter = waiters.popExpired(now: now) {
            refuse([waiter], reason: .deadlineExceeded(latestFailure: latestFailure), &actions)
        }
        closeIdleConnections(&actions, now: now)
        return settle(actions, now: now)
    }

    /// When something is due; the owner hears of it through the actions.
    @inlinable public var nextTimer: ContinuousClock.Instant? {
        let dates = [waiters.earliestDeadline, idleExpiry, dueAttempt] as InlineArray<3, ContinuousClock.Instant?>
        var earliest: ContinuousClock.Instant?
        for index in dates.indices {
            guard let date = dates[index], earliest.map({ date < $0 }) ?? true else { continue }
            earliest = date
        }
        return earliest
    }

    /// Asks for the timer if it has to fire earlier than the one asked for; a later date is found when that one fires.
    @inlinable
    mutating func withTimer(_ actions: Actions) -> Actions {
        guard let date = nextTimer, requestedTimer.map({ date < $0 }) ?? true else { return actions }
        var actions = actions
        requestedTimer = date
        actions.timer = date
        return actions
    }

    @inlinable var idleExpiry: ContinuousClock.Instant? {
        guard phase == .running, idle.count > idleFloor, let slot = idle.last else { return nil }
        return connections[slot]?.idleSince.advanced(by: configuration.idleTimeout)
    }

    @inlinable var dueAttempt: ContinuousClock.Instant? {
        guard phase == .running, let nextAttempt, wantedConnections > 0 else { return nil }
        return nextAttempt
    }

    @inlinable var idleFloor: Int {
        max(configuration.minimumConnectionCount, configuration.preservedConnectionCount)
    }

    @inlinable
    mutating func closeIdleConnections(_ actions: inout Actions, now: ContinuousClock.Instant) {
        while let expiry = idleExpiry, expiry <= now, let slot = idle.last { close(slot: slot, &actions) }
    }
}
