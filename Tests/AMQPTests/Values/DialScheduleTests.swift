// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import Threads

@testable import AMQP

struct DialScheduleTests {
    private let start = Moment(nanoseconds: 1_000_000_000)
    private let nowhere: (Int) -> Bool = { _ in false }

    private func after(_ milliseconds: Int) -> Moment { start + .milliseconds(milliseconds) }

    @Test func oneHostThatFailsIsTheEnd() {
        var schedule = DialSchedule(hostCount: 1)
        #expect(schedule.begin(now: start) == .begin(attempt: 1, host: 0))
        #expect(schedule.failed(1, now: after(10), hasUntried: nowhere) == .giveUp)
    }

    @Test func anotherAddressFollowsAFailureAtOnce() {
        var schedule = DialSchedule(hostCount: 2)
        _ = schedule.begin(now: start)
        #expect(schedule.failed(1, now: after(10), hasUntried: { $0 == 0 }) == .begin(attempt: 2, host: 0))
        #expect(schedule.failed(2, now: after(20), hasUntried: nowhere) == .giveUp)
    }

    @Test func nothingBeginsBesideAnAttemptBeforeItsTime() {
        var schedule = DialSchedule(hostCount: 2)
        _ = schedule.begin(now: start)
        #expect(schedule.nextStart == after(1000))
        #expect(schedule.timePassed(now: after(999), hasUntried: nowhere) == .wait)
        #expect(schedule.timePassed(now: after(1000), hasUntried: nowhere) == .begin(attempt: 2, host: 1))
    }

    @Test func theSameHostsOtherAddressComesBeforeTheNextHost() {
        var schedule = DialSchedule(hostCount: 2)
        _ = schedule.begin(now: start)
        #expect(schedule.timePassed(now: after(1000), hasUntried: { $0 == 0 }) == .begin(attempt: 2, host: 0))
        #expect(schedule.timePassed(now: after(2000), hasUntried: nowhere) == .begin(attempt: 3, host: 1))
        #expect(schedule.timePassed(now: after(3000), hasUntried: nowhere) == .wait)
    }

    @Test func theOthersGoOnWhenOneFails() {
        var schedule = DialSchedule(hostCount: 2)
        _ = schedule.begin(now: start)
        _ = schedule.timePassed(now: after(1000), hasUntried: nowhere)
        #expect(schedule.failed(1, now: after(1100), hasUntried: nowhere) == .wait)
        #expect(Array(schedule.running.values) == [1])
        #expect(schedule.failed(2, now: after(1200), hasUntried: nowhere) == .giveUp)
        #expect(schedule.failed(2, now: after(1300), hasUntried: nowhere) == .wait)
    }

    @Test func attemptsBesideEachOtherAreFew() {
        var schedule = DialSchedule(hostCount: 10)
        _ = schedule.begin(now: start)
        for second in 1...9 { _ = schedule.timePassed(now: after(second * 1000), hasUntried: nowhere) }
        #expect(schedule.running.count == DialSchedule.maximumRunning)
    }

    @Test func familiesTakeTurns() throws {
        let six = try (1...2).map { try SocketAddress.all(of: "::\($0)", port: 1)[0] }
        let four = try (1...3).map { try SocketAddress.all(of: "127.0.0.\($0)", port: 1)[0] }
        #expect(SocketAddress.inTurns(six + four) == [six[0], four[0], six[1], four[1], four[2]])
        #expect(SocketAddress.inTurns(four) == four)
        #expect(SocketAddress.inTurns([]).isEmpty)
        #expect(six[0].text == "::1" && four[1].text == "127.0.0.2")
    }
}
