// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct HeartbeatScheduleTests {
    private let start = Moment.now
    private let message = FakeMessage(IncomingRequest(method: nil, messageID: "m"))

    @Test(arguments: [
        ("10", 5000), ("2", 1000), ("5", 2500), ("2.9", 1000), ("\"10\"", 5000), ("\" 4 \"", 2000),
    ])
    func halfOfTheWholeSeconds(timeout: String, milliseconds: Int) throws {
        #expect(HeartbeatSchedule.interval(try JSONText(timeout)) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["0", "1", "1.9", "null", "\"x\"", "\"2.5\"", "-4", "{}", "[]", "1e300", "true"])
    func noHeartbeatsWhereTheCallerCannotMeanThem(timeout: String) throws {
        #expect(HeartbeatSchedule.interval(try JSONText(timeout)) == nil)
    }

    private func beats(_ schedule: inout HeartbeatSchedule, at seconds: Double) -> Int {
        schedule.due(now: start.advanced(by: .seconds(seconds))).count
    }

    @Test func theFirstBeatComesAfterOneIntervalAndThenOneByOne() {
        var schedule = HeartbeatSchedule()
        schedule.begin(UniqueID(), message, every: .seconds(1), now: start)
        let counts = [0.9, 1, 1.5, 2, 3.5, 4, 4.5].map { beats(&schedule, at: $0) }
        #expect(counts == [0, 1, 0, 1, 1, 0, 1])
    }

    @Test func nothingBeatsAfterTheEnd() {
        var schedule = HeartbeatSchedule()
        let (ended, other) = (UniqueID(), UniqueID())
        schedule.begin(ended, message, every: .seconds(1), now: start)
        schedule.begin(other, message, every: .seconds(2), now: start)
        schedule.end(ended)
        let counts = [1, 2, 3, 4].map { beats(&schedule, at: Double($0)) }
        schedule.end(other)
        let last = beats(&schedule, at: 9)
        #expect(counts == [0, 1, 0, 1])
        #expect(last == 0)
        #expect(schedule.next == nil)
    }

    @Test func endedCallsWithLongIntervalsArePutAway() {
        var schedule = HeartbeatSchedule()
        for _ in 0..<5000 {
            let id = UniqueID()
            schedule.begin(id, message, every: .seconds(400_000_000), now: start)
            schedule.end(id)
        }
        let count = schedule.count
        #expect(count <= 1030)
    }

    @Test func castsAndUnmonitoredCallsHaveNone() throws {
        let heartbeats = CallHeartbeats()
        let timeout = try JSONText("10")
        let cast = FakeMessage(IncomingRequest(method: nil, callMonitorTimeout: timeout))
        #expect(heartbeats.begin(cast) == nil)
        #expect(heartbeats.begin(message) == nil)
        let monitored = FakeMessage(IncomingRequest(method: nil, messageID: "m", callMonitorTimeout: timeout))
        #expect(heartbeats.begin(monitored) != nil)
    }
}
