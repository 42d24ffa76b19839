// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

struct MomentTests {
    @Test(arguments: [Duration.zero, .nanoseconds(1), .milliseconds(-7), .seconds(5), .seconds(-90_000)])
    func whatIsAddedIsTheDurationBetween(_ duration: Duration) {
        let moment = Moment(nanoseconds: 1_000_000_000_000)
        #expect(moment.duration(to: moment + duration) == duration)
        #expect((moment + duration) - moment == duration)
        #expect(moment + duration - duration == moment)
        #expect(((moment + duration) < moment) == (duration < .zero))
    }

    @Test func partsOfANanosecondAreDropped() {
        let duration = Duration(secondsComponent: 1, attosecondsComponent: 1_999_999_999)
        #expect(Moment(nanoseconds: 0) + duration == Moment(nanoseconds: 1_000_000_001))
    }

    @Test(arguments: [Duration.seconds(Int64.max), .seconds(9_300_000_000)])
    func arithmeticEndsAtTheLatestAndEarliest(_ duration: Duration) {
        let latest = Moment(nanoseconds: .max)
        let earliest = Moment(nanoseconds: .min)
        #expect(Moment(nanoseconds: 5) + duration == latest)
        #expect(Moment(nanoseconds: -5) - duration == earliest)
        #expect(latest + .seconds(1) == latest)
        #expect(earliest - .nanoseconds(1) == earliest)
        #expect(earliest.duration(to: latest) == .nanoseconds(Int64.max))
        #expect(latest.duration(to: earliest) == .nanoseconds(Int64.min))
    }

    @Test func thePresentGoesOn() {
        let first = Moment.now
        let second = Moment.now
        #expect(first <= second)
        #expect(first > Moment(nanoseconds: 0))
    }
}
