// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing
import Threads

@Suite struct ReconnectTests {
    @Test func aRequestFailsWhenItToleratesNoMoreFailures() {
        var pool = Pool()
        _ = pool.lease(1, retry: 0)
        _ = pool.lease(2, retry: 1)
        _ = pool.lease(3, retry: nil)
        let first = pool.failed(1)
        #expect(first.refusedWaiters == [1])
        #expect(first.reasons == [.connectionFailed(ConnectTrouble())])
        #expect(first.connect.isEmpty)
        pool.advance(0.05)
        #expect(pool.timerFired().connect == [2])
        #expect(pool.failed(2).refusedWaiters == [2])
        #expect(pool.machine.currentCounts.waiters == 1)
    }

    @Test func theNextAttemptWaitsForTheBackoff() {
        var pool = Pool()
        _ = pool.lease(1)
        #expect(pool.failed(1).timer == pool.after(0.05))
        pool.advance(0.04)
        #expect(pool.lease(2).actions?.connect == [])
        pool.advance(0.01)
        #expect(pool.timerFired().connect == [2])
        #expect(pool.failed(2).timer == pool.after(0.1))
    }

    @Test func aLaterRequestDoesNotShortenTheBackoff() {
        var pool = Pool()
        _ = pool.lease(1, retry: 0)
        _ = pool.failed(1)
        let actions = pool.lease(2).actions
        #expect(actions?.connect == [])
        #expect(actions?.timer == pool.after(0.05))
    }

    @Test func withoutRequestsNothingIsAttempted() {
        var pool = Pool()
        _ = pool.lease(1, retry: 0)
        let actions = pool.failed(1)
        #expect(actions.connect.isEmpty)
        #expect(actions.timer == nil)
    }

    @Test func attemptsSideBySideCountAsOneFailure() {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1))
        for waiter in 1...4 { _ = pool.lease(waiter, retry: 1) }
        for connection in 1...4 { #expect(pool.failed(connection).refusals.isEmpty) }
        #expect(pool.machine.consecutiveFailures == 1)
    }

    @Test func oneAttemptAtATimeWhileThePeerIsAway() {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1))
        for waiter in 1...4 { _ = pool.lease(waiter) }
        for connection in 1...4 { _ = pool.failed(connection) }
        pool.advance(1)
        #expect(pool.timerFired().connect == [5])
        let actions = pool.established(5)
        #expect(actions.grantedWaiters == [1])
        #expect(actions.connect == [6, 7, 8])
    }

    @Test func aFatalFailureEndsEveryWait() {
        var pool = Pool()
        _ = pool.lease(1, retry: nil)
        _ = pool.lease(2, retry: 9)
        #expect(pool.failed(1, retriable: false).refusedWaiters == [1, 2])
    }

    @Test func aDeadlineDuringAnOutageNamesTheFailure() {
        var pool = Pool()
        _ = pool.lease(1, within: 1)
        _ = pool.failed(1)
        pool.advance(1)
        #expect(pool.timerFired().reasons == [.deadlineExceeded(latestFailure: ConnectTrouble())])
    }

    @Test func aLostConnectionIsReplacedAtOnceForThoseWhoWait() throws {
        var pool = Pool(PoolConfiguration(maximumConnectionHardLimit: 1, maximumLeasesPerConnection: 1))
        try pool.grow(to: 1)
        #expect(pool.lease(1).connection == 1)
        _ = pool.lease(2, within: 60)
        pool.advance(30)
        #expect(pool.closed(1).connect == [2])
        #expect(pool.established(2).grantedWaiters == [2])
        #expect(pool.release(1).isDone)
        #expect(pool.machine.currentCounts.leases == 1)
    }

    @Test func aPeerThatAcceptsAndHangsUpIsNotCalledWithoutAPause() {
        var pool = Pool(PoolConfiguration(preservedConnectionCount: 1))
        #expect(pool.machine.start(now: pool.now).connect == [1])
        var pauses: [Duration] = []
        for connection in 1...6 {
            _ = pool.established(connection)
            let actions = pool.closed(connection)
            #expect(actions.connect.isEmpty)
            pauses.append(pool.machine.nextTimer.map { $0 - pool.now } ?? .zero)
            pool.now += pauses.last ?? .zero
            #expect(pool.timerFired().connect == [connection + 1])
        }
        #expect(pauses == [50, 100, 200, 400, 800, 1_000].map { .milliseconds($0) })
    }

    @Test func preservedConnectionsAreMadeAheadAndAgain() {
        var pool = Pool(PoolConfiguration(preservedConnectionCount: 2))
        #expect(pool.machine.start(now: pool.now).connect == [1, 2])
        _ = pool.established(1)
        _ = pool.established(2)
        pool.advance(60)
        #expect(pool.closed(1).connect == [3])
    }

    @Test func connectionsLostTogetherCountOnce() throws {
        var pool = Pool(PoolConfiguration(maximumLeasesPerConnection: 1))
        try pool.grow(to: 5)
        for connection in 1...5 { _ = pool.closed(connection) }
        #expect(pool.machine.consecutiveFailures == 1)
    }
}
