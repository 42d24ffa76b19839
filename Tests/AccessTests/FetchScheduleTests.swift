// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Access

/// When keys are got.
struct FetchScheduleTests {
    private static func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

    @Test func fetchesComeRegularlyAndSoonerAfterAFailure() {
        var schedule = FetchSchedule(refresh: .seconds(600), keep: .seconds(3_600))
        #expect(schedule.isDue(Self.at(0)))
        schedule.begin(Self.at(0))
        #expect(!schedule.isDue(Self.at(5_000)), "one at a time")
        schedule.end(Self.at(1), succeeded: true)
        #expect(!schedule.isDue(Self.at(599)))
        #expect(schedule.isDue(Self.at(600)))
        var now: Int64 = 600
        for pause: Int64 in [5, 10, 20, 40, 60, 60, 60] {
            schedule.begin(Self.at(now))
            schedule.end(Self.at(now), succeeded: false)
            #expect(!schedule.isDue(Self.at(now + pause - 1)))
            #expect(schedule.isDue(Self.at(now + pause)))
            now += pause
        }
        #expect(!schedule.isOver(Self.at(3_600)))
        #expect(schedule.isOver(Self.at(3_601)))
        schedule.begin(Self.at(now))
        schedule.end(Self.at(now), succeeded: true)
        #expect(schedule.failures == 0)
        #expect(!schedule.isOver(Self.at(now + 3_599)))
    }

    @Test func clientsHaveOneMadeEachMinuteAtTheMost() {
        var schedule = FetchSchedule(refresh: .seconds(86_400), keep: .seconds(86_400))
        func asked(_ seconds: Int64) -> Bool {
            let begins = schedule.ask(Self.at(seconds))
            if begins { schedule.end(Self.at(seconds), succeeded: seconds % 2 == 0) }
            return begins
        }
        // The very first one is nobody's.
        #expect(asked(0))
        let times = (1...600).filter { asked(Int64($0)) }
        #expect(times == Array(stride(from: 1, through: 600, by: 60)))
        schedule.begin(Self.at(10_000))
        let begins = schedule.ask(Self.at(10_000))
        #expect(!begins, "one at a time")
    }
}
