// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct NotificationBatcherTests {
    private let start = Moment.now
    private var due: Moment { start.advanced(by: .seconds(1)) }

    @Test func aBatchIsCompleteAtItsSize() {
        var batcher = NotificationBatcher<Int>(size: 2, timeout: .seconds(1))
        let first = batcher.add(1, now: start)
        let second = batcher.add(2, now: start)
        #expect(first.batch == nil && first.alarm == due)
        #expect(second.batch == [1, 2] && second.alarm == nil)
    }

    @Test func batchesOfOneNeedNoAlarm() {
        var batcher = NotificationBatcher<Int>(size: 1, timeout: .seconds(1))
        let first = batcher.add(1, now: start)
        #expect(first.batch == [1] && first.alarm == nil)
    }

    @Test func aBatchIsDueATimeAfterItsFirstItem() {
        var batcher = NotificationBatcher<Int>(size: 9, timeout: .seconds(1))
        _ = batcher.add(1, now: start)
        let second = batcher.add(2, now: start.advanced(by: .milliseconds(900)))
        #expect(second.alarm == nil)
        let expired = batcher.expire(now: due)
        #expect(expired.batch == [1, 2] && expired.alarm == nil)
    }

    @Test func anAlarmForABatchThatIsGoneIsSetAgainForTheNext() {
        var batcher = NotificationBatcher<Int>(size: 2, timeout: .seconds(1))
        for item in 1...2 { _ = batcher.add(item, now: start) }
        let later = start.advanced(by: .milliseconds(500))
        let third = batcher.add(3, now: later)
        #expect(third.alarm == nil)
        let early = batcher.expire(now: due)
        #expect(early.batch == nil && early.alarm == later.advanced(by: .seconds(1)))
        let expired = batcher.expire(now: later.advanced(by: .seconds(1)))
        #expect(expired.batch == [3] && expired.alarm == nil)
    }

    @Test func anAlarmWithNothingToDoIsNotSetAgain() {
        var batcher = NotificationBatcher<Int>(size: 2, timeout: .seconds(1))
        for item in 1...2 { _ = batcher.add(item, now: start) }
        let idle = batcher.expire(now: due)
        #expect(idle.batch == nil && idle.alarm == nil)
        let next = batcher.add(3, now: due)
        #expect(next.alarm == due.advanced(by: .seconds(1)))
    }

    @Test func drainingForgets() {
        var batcher = NotificationBatcher<Int>(size: 3, timeout: .seconds(1))
        _ = batcher.add(1, now: start)
        let drained = batcher.drain()
        let expired = batcher.expire(now: due)
        #expect(drained == [1] && expired.batch == nil && expired.alarm == nil)
    }
}
