// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing

extension RandomRun {
    mutating func begin() throws { try apply(pool.machine.start(now: pool.now)) }

    mutating func lease() throws {
        lastWaiter += 1
        let waiter = ModelWaiter(
            id: lastWaiter,
            deadline: pool.after(Double.random(in: 0.1...8, using: &random)),
            retry: [nil, 0, 1, 3].randomElement(using: &random) ?? nil
        )
        switch pool.machine.lease(waiter.id, deadline: waiter.deadline, retry: waiter.retry, now: pool.now) {
        case .leased(let connection): try take(connection, for: waiter.id)
        case .refused(let reason):
            checkRefusal(reason, waiter)
            answer(waiter.id)
        case .queued(let actions):
            #expect(leasable.isEmpty)
            #expect(waiting.count < limits.maximumWaiters)
            waiting.append(waiter)
            try apply(actions)
        }
    }

    func checkRefusal(_ reason: LeaseFailure<ConnectTrouble>, _ waiter: ModelWaiter) {
        switch reason {
        case .shutDown: #expect(isShuttingDown)
        case .queueFull: #expect(waiting.count == limits.maximumWaiters)
        case .blocked: #expect(isBlocked)
        default: Issue.record("refused \(waiter.id) for \(reason)")
        }
    }

    mutating func release() throws {
        let held = connections.filter { $0.value.leases > 0 }.keys.sorted()
        guard let connection = held.randomElement(using: &random) else { return }
        try release(connection)
    }

    mutating func release(_ connection: Int) throws {
        let result = pool.release(connection)
        connections[connection]?.leases -= 1
        let state = try #require(connections[connection])
        if case .handedOver(let waiter) = result {
            #expect(waiting.first?.id == waiter)
            #expect(state.state == .established && !state.isBlocked)
            waiting.removeFirst()
            answer(waiter)
            connections[connection]?.leases += 1
            return
        }
        used(connection)
        if let actions = result.actions { try apply(actions) }
    }

    mutating func establish() throws {
        guard let id = randomConnection(.connecting) else { return }
        connections[id]?.state = .established
        used(id)
        try apply(pool.established(id))
    }

    mutating func fail() throws {
        guard let id = randomConnection(.connecting) else { return }
        connections[id] = nil
        let retriable = Int.random(in: 0..<5, using: &random) > 0
        try apply(pool.failed(id, retriable: retriable, random: Double.random(in: 0..<1, using: &random)))
    }

    mutating func lose() throws {
        let state = [ModelState.established, .closing, .closing, .connecting].randomElement(using: &random)
        guard let id = randomConnection(state ?? .closing) else { return }
        try end(id)
    }

    mutating func end(_ id: Int) throws {
        connections[id] = nil
        recency.removeAll { $0 == id }
        try apply(pool.closed(id, random: Double.random(in: 0..<1, using: &random)))
    }

    mutating func block() throws {
        guard let id = randomConnection(.established), Bool.random(using: &random) else { return }
        connections[id]?.isBlocked = true
        try apply(pool.machine.connectionBlocked(id))
    }

    mutating func unblock() throws {
        let blocked = connections.filter { $0.value.isBlocked }.keys.sorted()
        guard let id = blocked.randomElement(using: &random) else { return }
        connections[id]?.isBlocked = false
        if hasRoom(id) { recency = [id] + recency.filter { $0 != id } }
        try apply(pool.machine.connectionUnblocked(id, now: pool.now))
    }

    mutating func cancel() {
        guard let waiter = waiting.randomElement(using: &random) else { return }
        #expect(pool.cancel(waiter.id) == true)
        waiting.removeAll { $0.id == waiter.id }
        answer(waiter.id)
    }

    mutating func passTime() throws {
        pool.advance(Double.random(in: 0...3, using: &random))
        guard let due = timer, due <= pool.now else { return }
        timer = nil
        try apply(pool.timerFired())
    }

    mutating func shutDownSometimes() throws {
        if Int.random(in: 0..<40, using: &random) == 0, !isShuttingDown { try shutDown() }
    }

    mutating func shutDown() throws {
        isShuttingDown = true
        try apply(pool.machine.beginShutdown())
    }

    mutating func randomConnection(_ state: ModelState) -> Int? {
        connections.filter { $0.value.state == state }.keys.sorted().randomElement(using: &random)
    }
}
