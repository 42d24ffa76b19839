// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    /// Settles the pool after a change: serves those who wait, makes connections, asks for the timer.
    @inlinable
    mutating func settle(_ actions: Actions, now: Moment) -> Actions {
        var actions = actions
        if phase == .running {
            serveWaiters(&actions)
            if nextAttempt.map({ $0 <= now }) ?? true { makeConnections(&actions, now: now) }
        }
        return withTimer(actions)
    }

    @inlinable
    mutating func makeConnections(_ actions: inout Actions, now: Moment) {
        for _ in 0..<wantedConnections {
            let connection = PooledConnection(id: makeConnectionID(), round: round, now: now)
            let slot = store(connection)
            slotOfConnection[connection.id] = slot
            counts.connecting += 1
            actions.connect.append(connection.id)
        }
    }

    @inlinable
    mutating func store(_ connection: PooledConnection) -> Int {
        if let slot = freeSlots.popLast() {
            connections[slot] = connection
            return slot
        }
        connections.append(connection)
        return connections.count - 1
    }

    /// How many attempts to begin, whenever that may be.
    @inlinable var wantedConnections: Int {
        let room = configuration.maximumConnectionHardLimit - counts.connections
        let forWaiters = connectionsForWaiters - counts.connecting
        let preserved = configuration.preservedConnectionCount - counts.connecting - counts.established
        let wanted = max(0, min(room, max(forWaiters, preserved)))
        // While attempts fail, one at a time is enough to show whether the peer is back.
        guard failures > 0 else { return wanted }
        return hasAttemptOfThisRound ? 0 : min(wanted, 1)
    }

    @inlinable var connectionsForWaiters: Int {
        let perConnection = configuration.maximumLeasesPerConnection
        return waiters.count / perConnection + (waiters.count % perConnection == 0 ? 0 : 1)
    }

    @inlinable var hasAttemptOfThisRound: Bool {
        connections.contains { $0?.state == .connecting && $0?.round == round }
    }
}
