// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing

@Suite struct TimerTests {
    @Test func waitingEndsAtTheDeadline() {
        var pool = Pool()
        _ = pool.lease(1, within: 5)
        _ = pool.lease(2, within: 3)
        pool.advance(3)
        let first = pool.timerFired()
        #expect(first.refusedWaiters == [2])
        #expect(first.reasons == [.deadlineExceeded(latestFailure: nil)])
        #expect(first.timer == pool.after(2))
        pool.advance(2)
        #expect(pool.timerFired().refusedWaiters == [1])
    }

    @Test func theTimerIsAskedForOnlyWhenItMovesForward() {
        var pool = Pool()
        #expect(pool.lease(1, within: 5).actions?.timer == pool.after(5))
        #expect(pool.lease(2, within: 9).actions?.timer == nil)
        #expect(pool.lease(3, within: 2).actions?.timer == pool.after(2))
    }

    @Test func anEarlyTimerAsksAgain() {
        var pool = Pool()
        _ = pool.lease(1, within: 5)
        #expect(pool.timerFired().timer == pool.after(5))
    }

    @Test func idleConnectionsAreClosedFromTheOldestEnd() throws {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1, idleTimeout: .seconds(100)))
        try pool.grow(to: 5)
        let youngest = try #require(pool.lease(10).connection)
        pool.advance(50)
        _ = pool.release(youngest)
        pool.advance(50)
        let actions = pool.timerFired()
        #expect(youngest == 5)
        #expect(actions.close == [1, 2, 3])
        #expect(actions.timer == nil)
        #expect(pool.machine.currentCounts.idle == 2)
    }

    @Test func youngIdleConnectionsStay() throws {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1, idleTimeout: .seconds(100)))
        try pool.grow(to: 4)
        pool.advance(99)
        let actions = pool.timerFired()
        #expect(actions.close.isEmpty)
        #expect(actions.timer == pool.after(1))
    }

    @Test func aConnectionBeingClosedIsNotLeasedAndCountsAgainstTheLimit() throws {
        let limits = PoolConfiguration(
            minimumConnectionCount: 0,
            maximumConnectionHardLimit: 1,
            idleTimeout: .seconds(1)
        )
        var pool = Pool(limits)
        try pool.grow(to: 1)
        pool.advance(1)
        #expect(pool.timerFired().close == [1])
        #expect(pool.lease(5).actions?.connect == [])
        #expect(pool.closed(1).connect == [2])
        #expect(pool.established(2).grantedWaiters == [5])
    }

    @Test func leasedConnectionsAreNeverClosedForIdleness() throws {
        var pool = Pool(PoolConfiguration(minimumConnectionCount: 0, idleTimeout: .seconds(1)))
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        pool.advance(1_000)
        #expect(pool.timerFired().close.isEmpty)
    }
}
