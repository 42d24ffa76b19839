// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing

@Suite struct BlockingAndShutdownTests {
    @Test func aBlockedConnectionIsNotLeased() throws {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1))
        try pool.grow(to: 2)
        #expect(pool.machine.connectionBlocked(2).isEmpty)
        #expect(pool.lease(1).connection == 1)
        #expect(pool.machine.currentCounts.blocked == 1)
    }

    @Test func requestsFailAtOnceWhileEverythingIsBlocked() throws {
        var pool = Pool(PoolConfiguration(maximumConnectionHardLimit: 1, maximumLeasesPerConnection: 1))
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        _ = pool.lease(2)
        let actions = pool.machine.connectionBlocked(1)
        #expect(actions.refusedWaiters == [2])
        #expect(actions.reasons == [.blocked])
        #expect(pool.lease(3).failure == .blocked)
        #expect(pool.release(1).isDone)
        #expect(pool.lease(3).failure == .blocked)
    }

    @Test func anUnblockedConnectionIsLeasedAgain() throws {
        var pool = Pool()
        try pool.grow(to: 1)
        _ = pool.machine.connectionBlocked(1)
        _ = pool.machine.connectionUnblocked(1, now: pool.now)
        #expect(pool.lease(1).connection == 1)
    }

    @Test func losingTheLastOpenConnectionFailsThoseWhoWait() throws {
        var pool = Pool(PoolConfiguration(maximumConnectionHardLimit: 2, maximumLeasesPerConnection: 1))
        try pool.grow(to: 2)
        _ = pool.lease(1)
        _ = pool.lease(2)
        _ = pool.lease(3)
        _ = pool.machine.connectionBlocked(1)
        #expect(pool.closed(2).reasons == [.blocked])
    }

    @Test func shutdownRefusesEverybodyAndClosesWhatIsFree() throws {
        var pool = Pool(PoolConfiguration(maximumConnectionHardLimit: 3, maximumLeasesPerConnection: 1))
        try pool.grow(to: 2)
        #expect(pool.lease(1).connection == 2)
        #expect(pool.lease(2).connection == 1)
        _ = pool.lease(3)
        let actions = pool.machine.beginShutdown()
        #expect(actions.refusedWaiters == [3])
        #expect(actions.close == [3])
        #expect(pool.lease(4).failure == .shutDown)
        #expect(!pool.machine.isShutDown)
    }

    @Test func aLeasedConnectionIsClosedWithItsLastLease() throws {
        var pool = Pool()
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        #expect(pool.lease(2).connection == 1)
        #expect(pool.machine.beginShutdown().isEmpty)
        #expect(pool.release(1).isDone)
        #expect(pool.release(1).actions?.close == [1])
        #expect(pool.closed(1).isEmpty)
        #expect(pool.machine.isShutDown)
    }

    @Test func aForcedShutdownClosesLeasedConnectionsToo() throws {
        var pool = Pool()
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        #expect(pool.machine.forceShutdown().close == [1])
        #expect(pool.release(1).isDone)
        #expect(pool.closed(1).isEmpty)
        #expect(pool.machine.isShutDown)
    }

    @Test func anAttemptThatEndsAfterTheShutdownIsNotUsed() {
        var pool = Pool()
        _ = pool.lease(1)
        let actions = pool.machine.beginShutdown()
        #expect(actions.refusedWaiters == [1])
        #expect(actions.close == [1])
        #expect(pool.established(1).isEmpty)
        #expect(pool.closed(1).isEmpty)
        #expect(pool.machine.isShutDown)
    }
}
