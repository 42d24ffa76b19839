// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension PoolStateMachine {
    /// Refuses every later request; closes each connection as soon as it carries no lease.
    @inlinable
    public mutating func beginShutdown() -> Actions {
        phase = .shuttingDown
        var actions = Actions()
        refuseAll(reason: .shutDown, &actions)
        closeAll(&actions) { $0.leases == 0 }
        return actions
    }

    /// Refuses every later request; closes every connection, leased or not.
    @inlinable
    public mutating func forceShutdown() -> Actions {
        phase = .shuttingDown
        var actions = Actions()
        refuseAll(reason: .shutDown, &actions)
        closeAll(&actions) { _ in true }
        return actions
    }

    @inlinable
    mutating func closeAll(_ actions: inout Actions, where condition: (PooledConnection) -> Bool) {
        for slot in connections.indices {
            guard let connection = connections[slot], condition(connection) else { continue }
            close(slot: slot, &actions)
        }
    }

    @inlinable
    mutating func closeIfIdle(slot: Int) -> Actions {
        var actions = Actions()
        if connections[slot]?.leases == 0 { close(slot: slot, &actions) }
        return actions
    }

    @inlinable
    mutating func close(slot: Int, _ actions: inout Actions) {
        guard let connection = connections[slot], connection.state != .closing else { return }
        if connection.state == .connecting { counts.connecting -= 1 } else { counts.established -= 1 }
        if connection.isBlocked { counts.blocked -= 1 }
        counts.closing += 1
        connections[slot]?.state = .closing
        connections[slot]?.isBlocked = false
        leasable.remove(slot)
        idle.remove(slot)
        actions.close.append(connection.id)
    }
}
