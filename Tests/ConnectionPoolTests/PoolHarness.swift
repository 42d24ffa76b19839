// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Synchronization
import Testing
import Threads

typealias Machine = PoolStateMachine<Int, Int, ConnectTrouble>
typealias Instant = Moment

struct ConnectTrouble: Error, Equatable {
    var code: Int32 = 111
}

/// A machine with connection IDs 1, 2, 3 … and a clock that moves only when told.
struct Pool {
    static let start = Moment.now

    var machine: Machine
    var now = Pool.start

    init(_ configuration: PoolConfiguration = PoolConfiguration()) {
        let ids = ConnectionIDs()
        machine = Machine(configuration: configuration) { ids.next() }
    }

    func after(_ seconds: Double) -> Instant { now + .seconds(seconds) }

    mutating func lease(_ waiter: Int, within seconds: Double = 10, retry: Int? = nil) -> Machine.LeaseResult {
        machine.lease(waiter, deadline: after(seconds), retry: retry, now: now)
    }

    mutating func cancel(_ waiter: Int) -> Bool { machine.cancel(waiter) }

    mutating func release(_ connection: Int) -> Machine.ReleaseResult { machine.release(connection, now: now) }

    mutating func established(_ connection: Int) -> Machine.Actions {
        machine.connectionEstablished(connection, now: now)
    }

    mutating func failed(
        _ connection: Int,
        retriable: Bool = true,
        random: Double = 0
    ) -> Machine.Actions {
        machine.connectionFailed(
            connection,
            error: ConnectTrouble(),
            isRetriable: retriable,
            randomFactor: random,
            now: now
        )
    }

    mutating func closed(_ connection: Int, random: Double = 0) -> Machine.Actions {
        machine.connectionClosed(connection, randomFactor: random, now: now)
    }

    mutating func timerFired() -> Machine.Actions { machine.timerFired(now: now) }

    mutating func advance(_ seconds: Double) { now += .seconds(seconds) }

    /// Makes `count` connections, one after the other, and gives all leases back.
    mutating func grow(to count: Int) throws {
        var held: [Int] = []
        for waiter in 0..<count {
            let connection = try #require(lease(waiter).actions?.connect.first)
            let grant = try #require(established(connection).grants.first)
            held.append(grant.connection)
        }
        for connection in held { _ = release(connection) }
    }
}

final class ConnectionIDs: Sendable {
    private let last = Atomic<Int>(0)

    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}

extension PoolStateMachine.LeaseResult {
    var actions: PoolStateMachine.Actions? {
        if case .queued(let actions) = self { actions } else { nil }
    }

    var connection: ConnectionID? {
        if case .leased(let connection) = self { connection } else { nil }
    }

    var failure: LeaseFailure<ConnectError>? {
        if case .refused(let failure) = self { failure } else { nil }
    }
}

extension PoolStateMachine.ReleaseResult {
    var actions: PoolStateMachine.Actions? {
        if case .actions(let actions) = self { actions } else { nil }
    }

    var nextHolder: WaiterID? {
        if case .handedOver(let waiter) = self { waiter } else { nil }
    }

    var isDone: Bool {
        if case .done = self { true } else { false }
    }
}

extension PoolStateMachine.Actions {
    var grantedWaiters: [WaiterID] { grants.map(\.waiter) }
    var grantedConnections: [ConnectionID] { grants.map(\.connection) }
    var refusedWaiters: [WaiterID] { refusals.map(\.waiter) }
    var reasons: [LeaseFailure<ConnectError>] { refusals.map(\.reason) }
}
