// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    /// Asks for a lease on a connection.
    ///
    /// - Parameters:
    ///   - waiter: names the request if it has to wait; must not be the name of another one that waits.
    ///   - deadline: when the request stops waiting.
    ///   - retry: how many failed attempts to connect the request tolerates; nil for any number. An attempt already
    ///     under way counts.
    @inlinable
    public mutating func lease(
        _ waiter: WaiterID,
        deadline: Moment,
        retry: Int?,
        now: Moment
    ) -> LeaseResult {
        guard phase == .running else { return .refused(.shutDown) }
        // Whoever waits does so because nothing is leasable, so nobody is overtaken here.
        if let slot = leasable.first, let connection = takeLease(slot: slot) { return .leased(connection) }
        return enqueue(waiter, deadline: deadline, retry: retry, now: now)
    }

    /// Withdraws a request that waits; false if it does not wait any more, and its answer is on its way.
    @inlinable
    public mutating func cancel(_ waiter: WaiterID) -> Bool {
        waiters.remove(waiter)
    }

    /// Gives a lease back.
    ///
    /// The leases of a connection that is gone are gone with it: releasing one is ignored.
    @inlinable
    public mutating func release(_ connection: ConnectionID, now: Moment) -> ReleaseResult {
        guard let slot = slotOfConnection[connection], let leases = connections[slot]?.leases, leases > 0 else {
            return .done
        }
        if canHandOver(slot: slot), let waiter = waiters.popFirst() { return .handedOver(to: waiter) }
        connections[slot]?.leases = leases - 1
        counts.leases -= 1
        afterRelease(slot: slot, now: now)
        guard phase == .running else {
            let actions = closeIfIdle(slot: slot)
            return actions.isEmpty ? .done : .actions(actions)
        }
        // Nearly always there is nothing to do, and then no actions are made.
        guard let moment = earlierTimer else { return .done }
        return .actions(withTimer(moment, Actions()))
    }

    @inlinable
    mutating func takeLease(slot: Int) -> ConnectionID? {
        guard let leases = connections[slot]?.leases else { return nil }
        connections[slot]?.leases = leases + 1
        counts.leases += 1
        if leases == 0 { idle.remove(slot) }
        if leases + 1 >= configuration.maximumLeasesPerConnection { leasable.remove(slot) }
        return connections[slot]?.id
    }

    @inlinable
    mutating func enqueue(
        _ waiter: WaiterID,
        deadline: Moment,
        retry: Int?,
        now: Moment
    ) -> LeaseResult {
        precondition(!waiters.contains(waiter), "a request that waits asks again under the same name")
        if isBlocked { return .refused(.blocked) }
        if deadline <= now { return .refused(.deadlineExceeded(latestFailure: latestFailure)) }
        if waiters.count >= configuration.maximumWaiters { return .refused(.queueFull) }
        waiters.append(waiter, deadline: deadline, toleratedFailures: retry)
        return .queued(settle(Actions(), now: now))
    }

    @inlinable
    func canHandOver(slot: Int) -> Bool {
        guard !waiters.isEmpty, let connection = connections[slot] else { return false }
        return connection.state == .established && !connection.isBlocked
    }

    @inlinable
    mutating func afterRelease(slot: Int, now: Moment) {
        guard connections[slot]?.state == .established else { return }
        if connections[slot]?.isBlocked == false { leasable.moveToFirst(slot) }
        guard connections[slot]?.leases == 0 else { return }
        connections[slot]?.idleSince = now
        idle.moveToFirst(slot)
    }

    /// Gives leases to those who wait longest for as long as there is room.
    @inlinable
    mutating func serveWaiters(_ actions: inout Actions) {
        while !waiters.isEmpty, let slot = leasable.first, let connection = takeLease(slot: slot) {
            guard let waiter = waiters.popFirst() else { return }
            actions.grants.append(Actions.Grant(waiter: waiter, connection: connection))
        }
    }
}

extension PoolStateMachine {
    /// The answer to a request for a lease.
    public enum LeaseResult: Sendable {
        /// The request may use this connection once, now.
        case leased(ConnectionID)
        /// The request waits; a later input's actions name it exactly once.
        case queued(Actions)
        /// The request gets nothing.
        case refused(LeaseFailure<ConnectError>)
    }
}

/// Why a request did not get a lease.
public enum LeaseFailure<ConnectError: Error>: Error {
    /// The deadline came first; with the latest failure to connect, if attempts are failing.
    case deadlineExceeded(latestFailure: ConnectError?)
    /// The attempts to connect failed more often than the request tolerates.
    case connectionFailed(ConnectError)
    /// As many requests wait as are allowed to.
    case queueFull
    /// Every established connection is blocked by its peer.
    case blocked
    /// The pool is shutting down.
    case shutDown
}

extension LeaseFailure: Equatable where ConnectError: Equatable {}

extension PoolStateMachine {
    /// What follows from giving a lease back.
    public enum ReleaseResult: Sendable {
        /// Nothing to do.
        case done
        /// The request that waited longest has the lease now, on the same connection.
        case handedOver(to: WaiterID)
        /// Something rarer to do.
        case actions(Actions)
    }
}
