// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing
import Threads

extension RandomRun {
    var isBlocked: Bool {
        let established = connections.values.filter { $0.state == .established }
        return !established.isEmpty && established.allSatisfy(\.isBlocked)
    }

    /// Connections that may be leased, in the order in which they must be.
    var leasable: [Int] { recency.filter { hasRoom($0) && connections[$0]?.isBlocked == false } }

    func hasRoom(_ id: Int) -> Bool {
        guard let connection = connections[id], connection.state == .established else { return false }
        return connection.leases < limits.maximumLeasesPerConnection
    }

    mutating func used(_ id: Int) {
        connections[id]?.idleSince = pool.now
        guard let connection = connections[id], connection.state == .established, !connection.isBlocked else { return }
        recency = [id] + recency.filter { $0 != id }
    }

    mutating func take(_ id: Int, for waiter: Int) throws {
        #expect(leasable.first == id)
        #expect(!isShuttingDown)
        connections[id]?.leases += 1
        answer(waiter)
    }

    mutating func answer(_ waiter: Int) {
        #expect(answered.insert(waiter).inserted)
    }

    mutating func apply(_ actions: Machine.Actions) throws {
        for refusal in actions.refusals { try refuse(refusal) }
        for grant in actions.grants {
            #expect(waiting.first?.id == grant.waiter)
            waiting.removeFirst()
            try take(grant.connection, for: grant.waiter)
        }
        for id in actions.close { try close(id) }
        for id in actions.connect {
            #expect(connections[id] == nil)
            connections[id] = ModelConnection(idleSince: pool.now)
        }
        if let date = actions.timer { timer = date }
    }

    mutating func refuse(_ refusal: Machine.Actions.Refusal) throws {
        let index = try #require(waiting.firstIndex { $0.id == refusal.waiter })
        let waiter = waiting.remove(at: index)
        if case .deadlineExceeded = refusal.reason { #expect(waiter.deadline <= pool.now) }
        answer(waiter.id)
    }

    mutating func close(_ id: Int) throws {
        let connection = try #require(connections[id])
        #expect(connection.state != .closing)
        #expect(connection.leases == 0)
        if !isShuttingDown {
            let idle = connections.values.filter { $0.state == .established && $0.leases == 0 }
            #expect(idle.count > limits.minimumConnectionCount)
            #expect(connection.idleSince + limits.idleTimeout <= pool.now)
            #expect(idle.allSatisfy { $0.idleSince >= connection.idleSince })
        }
        connections[id]?.state = .closing
        connections[id]?.isBlocked = false
        recency.removeAll { $0 == id }
    }

    /// The rules that hold between any two inputs.
    func compare() throws {
        let counts = pool.machine.currentCounts
        #expect(counts.connections == connections.count)
        #expect(counts.connections <= limits.maximumConnectionHardLimit)
        #expect(counts.leases == connections.values.reduce(0) { $0 + $1.leases })
        #expect(counts.waiters == waiting.count)
        #expect(counts.idle == connections.values.filter { $0.state == .established && $0.leases == 0 }.count)
        #expect(waiting.isEmpty || leasable.isEmpty)
        #expect(waiting.isEmpty || !isBlocked)
        if let earliest = waiting.map(\.deadline).min() {
            let due = try #require(timer)
            #expect(due <= earliest)
        }
        try checkProgress(counts)
    }

    /// While somebody waits an attempt is under way, or one begins soon, or the limit is reached.
    func checkProgress(_ counts: PoolCounts) throws {
        let isFull = counts.connections == limits.maximumConnectionHardLimit
        guard !waiting.isEmpty, counts.connecting == 0, !isFull else { return }
        let due = try #require(timer)
        #expect(due <= pool.now + limits.backoff.maximumInterval)
    }
}
