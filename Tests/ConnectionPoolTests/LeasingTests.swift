// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing

@Suite struct LeasingTests {
    @Test func aFirstRequestWaitsWhileAConnectionIsMade() throws {
        var pool = Pool()
        let queued = try #require(pool.lease(7).actions)
        #expect(queued.connect == [1])
        #expect(queued.timer == pool.after(10))
        let actions = pool.established(1)
        #expect(actions.grantedWaiters == [7])
        #expect(actions.grantedConnections == [1])
    }

    @Test func aReadyConnectionIsLeasedAtOnce() throws {
        var pool = Pool()
        try pool.grow(to: 1)
        #expect(pool.lease(8).connection == 1)
        #expect(pool.release(1).isDone)
    }

    @Test func severalLeasesShareAConnection() throws {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 3))
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        #expect(pool.lease(2).connection == 1)
        #expect(pool.lease(3).connection == 1)
        #expect(pool.lease(4).actions?.connect == [2])
        #expect(pool.machine.currentCounts.leases == 3)
    }

    @Test func theConnectionUsedLastIsPreferred() throws {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1))
        try pool.grow(to: 3)
        #expect(pool.lease(1).connection == 3)
        #expect(pool.lease(2).connection == 2)
        _ = pool.release(3)
        _ = pool.release(2)
        #expect(pool.lease(3).connection == 2)
        #expect(pool.lease(4).connection == 3)
        #expect(pool.lease(5).connection == 1)
    }

    @Test func requestsAreServedInTheOrderTheyCame() throws {
        var pool = Pool(PoolConfiguration(maximumConnectionHardLimit: 1, maximumLeasesPerConnection: 1))
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        for waiter in 2...4 { #expect(pool.lease(waiter, within: Double(20 - waiter)).actions != nil) }
        for waiter in 2...4 { #expect(pool.release(1).nextHolder == waiter) }
        #expect(pool.release(1).isDone)
    }

    @Test func theLimitOfConnectionsHolds() {
        var pool = Pool(PoolConfiguration(maximumConnectionHardLimit: 2, maximumLeasesPerConnection: 1))
        let made = (1...5).flatMap { pool.lease($0).actions?.connect ?? [] }
        #expect(made == [1, 2])
        #expect(pool.established(1).grantedWaiters == [1])
        #expect(pool.established(2).grantedWaiters == [2])
        #expect(pool.machine.currentCounts.waiters == 3)
    }

    @Test func oneAttemptServesAsManyRequestsAsAConnectionCarries() {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 2))
        let made = (1...5).map { pool.lease($0).actions?.connect ?? [] }
        #expect(made == [[1], [], [2], [], [3]])
        #expect(pool.established(2).grantedWaiters == [1, 2])
    }

    @Test func theQueueIsBounded() {
        var pool = Pool(PoolConfiguration(maximumWaiters: 2))
        #expect(pool.lease(1).actions != nil)
        #expect(pool.lease(2).actions != nil)
        #expect(pool.lease(3).failure == .queueFull)
    }

    @Test func aRequestWhoseDeadlineHasPassedDoesNotWait() {
        var pool = Pool()
        #expect(pool.lease(1, within: 0).failure == .deadlineExceeded(latestFailure: nil))
        #expect(pool.machine.currentCounts.connecting == 0)
    }

    @Test func aWithdrawnRequestIsNotAnswered() {
        var pool = Pool()
        _ = pool.lease(1)
        _ = pool.lease(2)
        #expect(pool.cancel(1) == true)
        #expect(pool.cancel(1) == false)
        #expect(pool.established(1).grantedWaiters == [2])
        #expect(pool.cancel(2) == false)
    }

    @Test func aReleaseThatMatchesNoLeaseChangesNothing() throws {
        var pool = Pool()
        try pool.grow(to: 1)
        let before = pool.machine.currentCounts
        #expect(pool.release(1).isDone)
        #expect(pool.release(99).isDone)
        #expect(pool.machine.currentCounts == before)
    }
}
