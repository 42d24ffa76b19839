// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Names
import Testing
import Threads

@testable import Gateway

struct TargetLimitTests {
    private let start = Moment(nanoseconds: 1_000_000_000_000)

    @Test func theCapHolds() {
        var limit = TargetLimit(cap: 2)
        #expect((0..<3).map { _ in limit.begin() } == [true, true, false])
        limit.end()
        limit.set(cap: 3)
        #expect((0..<3).map { _ in limit.begin() } == [true, true, false])
        limit.set(cap: 1)
        for _ in 0..<3 { limit.end() }
        #expect((0..<2).map { _ in limit.begin() } == [true, false])
    }

    @Test func whoFindsNoPlaceIsToldWhyAndWhenToComeBack() throws {
        let places = TargetPlaces(cap: 1)
        #expect(places.begin(cap: 1) == nil)
        let problem = try #require(places.begin(cap: 1))
        #expect(problem.code == .overloaded && problem.execution == .no && (1...30).contains(problem.retryAfter))
        #expect(problem.detail == GatewayLimit.requestsToTarget(1).text)
        places.end()
        #expect(places.begin(cap: 1) == nil)
    }

    /// A server with one queue that answers so many a second, and clients that call as often as they are let.
    private struct Simulation {
        var limit: TargetLimit
        var now: Moment
        let timeout = Duration.seconds(5)
        /// When each waiting call began, and the moment of the answer to it.
        private var queue: [(began: Moment, answered: Moment)] = []
        private var freeAt: Moment
        var (answered, timedOut, refused) = (0, 0, 0)

        init(cap: Int, start: Moment) {
            limit = TargetLimit(cap: cap)
            (now, freeAt) = (start, start)
        }

        /// Runs for some seconds at an offered and a served rate; what timed out is served all the same.
        mutating func run(seconds: Int, offered: Int, served: Int) {
            for tick in 0..<(seconds * 50) {
                now += .milliseconds(20)
                endCalls()
                for _ in (tick * offered / 50)..<((tick + 1) * offered / 50) { call(served) }
            }
        }

        private mutating func call(_ served: Int) {
            guard limit.begin() else { return refused += 1 }
            freeAt = max(freeAt, now) + .nanoseconds(1_000_000_000 / served)
            queue.append((now, freeAt))
        }

        private mutating func endCalls() {
            queue.removeAll { call in
                let isAnswered = call.answered <= call.began + timeout
                guard (isAnswered ? call.answered : call.began + timeout) <= now else { return false }
                if isAnswered { answered += 1 } else { timedOut += 1 }
                limit.end(isAnswered: isAnswered, took: now - call.began, of: timeout, now: now)
                return true
            }
        }
    }

    @Test func anOverloadedTargetKeepsAnswering() {
        var simulation = Simulation(cap: 2500, start: start)
        simulation.run(seconds: 30, offered: 400, served: 80)
        let before = simulation.answered
        simulation.run(seconds: 30, offered: 400, served: 80)
        #expect(simulation.answered - before > 30 * 80 * 9 / 10)
        #expect(simulation.limit.inFlight <= 400)
        // And when the load has gone nobody is turned down.
        simulation.run(seconds: 20, offered: 40, served: 80)
        let refused = simulation.refused
        simulation.run(seconds: 10, offered: 40, served: 80)
        #expect(simulation.refused == refused)
    }

    @Test func aTargetThatKeepsUpIsNeverLimited() {
        var simulation = Simulation(cap: 2500, start: start)
        simulation.run(seconds: 20, offered: 79, served: 80)
        #expect(simulation.refused == 0 && simulation.timedOut == 0)
        #expect(Int(simulation.limit.limit) == 2500)
    }

    @Test func slowCallsThatAreAnsweredLimitNothing() {
        var limit = TargetLimit(cap: 100)
        for second in 0..<20 {
            for _ in 0..<50 where limit.begin() {
                limit.end(isAnswered: true, took: .seconds(4), of: .seconds(5), now: start + .seconds(second))
            }
        }
        #expect(limit.limit == 100)
    }

    @Test func timeOutsBesideQuickAnswersLimitNothing() {
        var limit = TargetLimit(cap: 100)
        for second in 0..<20 {
            for index in 0..<50 where limit.begin() {
                let isAnswered = index % 2 == 0
                let took = isAnswered ? Duration.milliseconds(10) : .seconds(5)
                limit.end(isAnswered: isAnswered, took: took, of: .seconds(5), now: start + .seconds(second))
            }
        }
        #expect(limit.limit == 100)
    }

    @Test func longCallsBesideQuickOnesLimitNothing() {
        var limit = TargetLimit(cap: 1000)
        for _ in 0..<900 { _ = limit.begin() }
        for second in 0..<20 {
            for _ in 0..<12 where limit.begin() {
                let took = Duration.milliseconds(1 << (second % 4))
                limit.end(isAnswered: true, took: took, of: .seconds(60), now: start + .seconds(second))
            }
        }
        #expect(limit.limit == 1000 && limit.inFlight == 900)
    }

    @Test func aTargetThatHangsIsStillAsked() {
        var limit = TargetLimit(cap: 1000)
        for second in 0..<40 {
            while limit.begin() {}
            for _ in 0..<limit.inFlight {
                limit.end(isAnswered: false, took: .seconds(5), of: .seconds(5), now: start + .seconds(second))
            }
        }
        #expect(Int(limit.limit) == TargetLimit.minimum)
        // It works again.
        for second in 40..<80 {
            while limit.begin() {}
            for _ in 0..<limit.inFlight {
                limit.end(isAnswered: true, took: .milliseconds(5), of: .seconds(5), now: start + .seconds(second))
            }
        }
        #expect(limit.limit == 1000)
    }

    @Test func aTargetHasOneObjectWhileAnybodyHasIt() {
        let limits = TargetLimits()
        let held = limits.places(exchange: "", topic: "held", cap: 10)
        #expect(limits.places(exchange: "", topic: "held", cap: 10) === held)
        #expect(limits.places(exchange: "x", topic: "held", cap: 10) !== held)
        for number in 0..<(8 * TargetLimits.leastSweepCount) {
            let places = limits.places(exchange: "", topic: "\(number)", cap: 10)
            #expect(places.begin(cap: 10) == nil)
            places.end()
        }
        #expect(limits.places(exchange: "", topic: "held", cap: 10) === held)
        #expect(limits.count <= TargetLimits.leastSweepCount)
    }

    @Test func thousandsOfTargetsUnderWayShareNothing() {
        let limits = TargetLimits()
        let all = (0..<5000).map { limits.places(exchange: "", topic: "\($0)", cap: 1) }
        #expect(all.allSatisfy { $0.begin(cap: 1) == nil })
        let victim = limits.places(exchange: "", topic: "victim", cap: 1)
        #expect(victim.begin(cap: 1) == nil)
        #expect((0..<5000).allSatisfy { limits.places(exchange: "", topic: "\($0)", cap: 1) === all[$0] })
    }

    @Test func aClientWithoutPatienceLimitsNobody() {
        var limit = TargetLimit(cap: 100)
        for second in 0..<20 {
            for index in 0..<50 where limit.begin() {
                let isAnswered = index % 2 == 0
                let took = Duration.milliseconds(isAnswered ? 9 << (second % 3) : 10)
                limit.end(isAnswered: isAnswered, took: took, of: .milliseconds(10), now: start + .seconds(second))
            }
        }
        #expect(limit.limit == 100 && limit.inFlight == 0)
    }
}
