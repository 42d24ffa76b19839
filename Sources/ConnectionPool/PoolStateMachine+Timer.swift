// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    /// The timer fired: ends the waits whose deadline has come, closes what has been idle too long, tries to connect.
    @inlinable
    public mutating func timerFired(now: Moment) -> Actions {
        requestedTimer = nil
        var actions = Actions()
        while let waiter = waiters.popExpired(now: now) {
            refuse([waiter], reason: .deadlineExceeded(latestFailure: latestFailure), &actions)
        }
        closeIdleConnections(&actions, now: now)
        return settle(actions, now: now)
    }

    /// When something is due; the owner hears of it through the actions.
    @inlinable public var nextTimer: Moment? {
        earlier(waiters.earliestDeadline, earlier(idleExpiry, dueAttempt))
    }

    @inlinable
    func earlier(_ one: Moment?, _ other: Moment?) -> Moment? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// Asks for the timer if it has to fire earlier than already asked for; a later date is found when it fires.
    @inlinable
    mutating func withTimer(_ actions: Actions) -> Actions {
        earlierTimer.map { withTimer($0, actions) } ?? actions
    }

    @inlinable
    mutating func withTimer(_ moment: Moment, _ actions: Actions) -> Actions {
        var actions = actions
        requestedTimer = moment
        actions.timer = moment
        return actions
    }

    /// When the timer has to fire, if that is earlier than already asked for.
    @inlinable var earlierTimer: Moment? {
        guard let moment = nextTimer else { return nil }
        guard let requestedTimer else { return moment }
        return moment < requestedTimer ? moment : nil
    }

    @inlinable var idleExpiry: Moment? {
        guard phase == .running, idle.count > idleFloor, let slot = idle.last else { return nil }
        return connections[slot].map { $0.idleSince + configuration.idleTimeout }
    }

    @inlinable var dueAttempt: Moment? {
        guard phase == .running, let nextAttempt, wantedConnections > 0 else { return nil }
        return nextAttempt
    }

    @inlinable var idleFloor: Int {
        max(configuration.minimumConnectionCount, configuration.preservedConnectionCount)
    }

    @inlinable
    mutating func closeIdleConnections(_ actions: inout Actions, now: Moment) {
        while let expiry = idleExpiry, expiry <= now, let slot = idle.last { close(slot: slot, &actions) }
    }
}
