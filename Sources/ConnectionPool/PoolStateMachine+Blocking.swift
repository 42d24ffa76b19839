// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    /// The peer wants no more messages on this connection: nobody leases it until it is unblocked.
    ///
    /// When no other connection is left the requests that wait fail: an alarm of the peer may last for ever.
    @inlinable
    public mutating func connectionBlocked(_ connection: ConnectionID) -> Actions {
        guard let slot = slotOfConnection[connection], let blocked = connections[slot] else { return Actions() }
        guard blocked.state == .established, !blocked.isBlocked else { return Actions() }
        connections[slot]?.isBlocked = true
        counts.blocked += 1
        leasable.remove(slot)
        var actions = Actions()
        refuseIfBlocked(&actions)
        return actions
    }

    /// The peer takes messages on this connection again.
    @inlinable
    public mutating func connectionUnblocked(_ connection: ConnectionID, now: Moment) -> Actions {
        guard let slot = slotOfConnection[connection], let blocked = connections[slot], blocked.isBlocked else {
            return Actions()
        }
        connections[slot]?.isBlocked = false
        counts.blocked -= 1
        let hasRoom = blocked.leases < configuration.maximumLeasesPerConnection
        if blocked.state == .established, hasRoom { leasable.moveToFirst(slot) }
        return settle(Actions(), now: now)
    }

    /// Whether there are connections and none of them may be used.
    @inlinable var isBlocked: Bool { counts.blocked > 0 && counts.blocked == counts.established }

    @inlinable
    mutating func refuseIfBlocked(_ actions: inout Actions) {
        if isBlocked { refuseAll(reason: .blocked, &actions) }
    }

    @inlinable
    mutating func refuseAll(reason: LeaseFailure<ConnectError>, _ actions: inout Actions) {
        while let waiter = waiters.popFirst() { refuse([waiter], reason: reason, &actions) }
    }

    @inlinable
    func refuse(_ refused: [WaiterID], reason: LeaseFailure<ConnectError>, _ actions: inout Actions) {
        for waiter in refused { actions.refusals.append(Actions.Refusal(waiter: waiter, reason: reason)) }
    }
}
