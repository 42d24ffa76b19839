// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    /// An attempt succeeded: the connection is ready.
    @inlinable
    public mutating func connectionEstablished(_ connection: ConnectionID, now: Moment) -> Actions {
        guard let slot = slotOfConnection[connection], connections[slot]?.state == .connecting else { return Actions() }
        counts.connecting -= 1
        counts.established += 1
        connections[slot]?.state = .established
        connections[slot]?.establishedAt = now
        connections[slot]?.idleSince = now
        connections[slot]?.failuresBefore = failures
        (failures, latestFailure, nextAttempt) = (0, nil, nil)
        leasable.moveToFirst(slot)
        idle.moveToFirst(slot)
        return settle(Actions(), now: now)
    }

    /// An attempt failed.
    ///
    /// Attempts that ran side by side count as one failure, both against the requests that wait and for the back-off.
    ///
    /// - Parameters:
    ///   - isRetriable: false if trying again cannot help: every request that waits fails, whatever it tolerates.
    ///   - randomFactor: a random number from 0 up to 1 for the back-off's jitter.
    @inlinable
    public mutating func connectionFailed(
        _ connection: ConnectionID,
        error: ConnectError,
        isRetriable: Bool = true,
        randomFactor: Double,
        now: Moment
    ) -> Actions {
        guard let slot = slotOfConnection[connection], let failed = connections[slot] else { return Actions() }
        forget(slot: slot)
        guard phase == .running, failed.state == .connecting else { return settle(Actions(), now: now) }
        var actions = Actions()
        latestFailure = error
        if !isRetriable {
            refuseAll(reason: .connectionFailed(error), &actions)
        } else if failed.round == round {
            refuse(waiters.popExhausted(), reason: .connectionFailed(error), &actions)
        }
        if failed.round == round { backOff(failures: failures + 1, randomFactor: randomFactor, now: now) }
        return settle(actions, now: now)
    }

    /// A connection is gone, whoever closed it; its leases are gone with it.
    ///
    /// One that was lost just after it was made counts as a failure for the back-off, so that a peer that accepts and
    /// hangs up is not called without a pause.
    @inlinable
    public mutating func connectionClosed(
        _ connection: ConnectionID,
        randomFactor: Double,
        now: Moment
    ) -> Actions {
        guard let slot = slotOfConnection[connection], let closed = connections[slot] else { return Actions() }
        forget(slot: slot)
        if closed.round == round, isEarlyLoss(closed, now: now) {
            backOff(failures: max(failures, closed.failuresBefore) + 1, randomFactor: randomFactor, now: now)
        }
        var actions = Actions()
        refuseIfBlocked(&actions)
        return settle(actions, now: now)
    }

    @inlinable
    func isEarlyLoss(_ closed: PooledConnection, now: Moment) -> Bool {
        switch closed.state {
        case .connecting: true
        case .established: now - closed.establishedAt < configuration.backoff.maximumInterval
        case .closing: false
        }
    }

    @inlinable
    mutating func backOff(failures: Int, randomFactor: Double, now: Moment) {
        self.failures = failures
        round += 1
        nextAttempt = now + configuration.backoff.delay(afterFailures: failures, randomFactor: randomFactor)
    }

    /// Removes the connection from every list and count.
    @inlinable
    mutating func forget(slot: Int) {
        guard let connection = connections[slot] else { return }
        leasable.remove(slot)
        idle.remove(slot)
        counts.leases -= connection.leases
        if connection.isBlocked { counts.blocked -= 1 }
        switch connection.state {
        case .connecting: counts.connecting -= 1
        case .established: counts.established -= 1
        case .closing: counts.closing -= 1
        }
        slotOfConnection[connection.id] = nil
        connections[slot] = nil
        freeSlots.append(slot)
    }
}
