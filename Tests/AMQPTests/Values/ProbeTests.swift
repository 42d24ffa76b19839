// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import SeededRandom
import Testing
import Threads

@testable import AMQP

/// What a tracker learns from probes.
struct ProbeTests {
    private func append(_ tracker: inout ConfirmTracker, _ keys: String..., isMandatory: Bool = false) {
        for key in keys {
            let request = PublishRequest(exchange: "e", routingKey: Name(key), isMandatory: isMandatory, body: []) {
                _ in
            }
            // Each takes ten bytes.
            let start = UInt64(tracker.count) * 10
            tracker.append(UnconfirmedPublish(request, position: start..<start + 10, since: Moment(nanoseconds: 0)))
        }
    }

    private func passed(_ tracker: inout ConfirmTracker) -> [String] {
        var conclusions: [PublishConclusion] = []
        tracker.passProbe(into: &conclusions)
        return conclusions.map { "\($0.request.routingKey) \($0.outcome)" }
    }

    private func confirmed(_ tracker: inout ConfirmTracker, _ tag: UInt64, multiple: Bool = false) -> [String] {
        var conclusions: [PublishConclusion] = []
        tracker.confirm(tag: tag, multiple: multiple, isNack: false, into: &conclusions)
        return conclusions.map { "\($0.request.routingKey) \($0.outcome)" }
    }

    @Test func aProbeProvesWhatIsBeforeIt() {
        var tracker = ConfirmTracker()
        append(&tracker, "a", "b")
        tracker.noteProbe()
        #expect(tracker.unprobedCount == 0)
        append(&tracker, "c")
        #expect(tracker.unprobedCount == 1)
        #expect(passed(&tracker) == ["a passed", "b passed"])
        #expect(tracker.count == 1)
        #expect(passed(&tracker) == [], "no probe is under way")
    }

    @Test func probesAreAnsweredInTheirOrder() {
        var tracker = ConfirmTracker()
        append(&tracker, "a")
        tracker.noteProbe()
        append(&tracker, "b")
        tracker.noteProbe()
        tracker.noteProbe()
        #expect(passed(&tracker) == ["a passed"])
        #expect(passed(&tracker) == ["b passed"])
        #expect(passed(&tracker) == [])
        #expect(tracker.isEmpty)
    }

    @Test func whatWasReturnedEndsSo() {
        var tracker = ConfirmTracker()
        append(&tracker, "a", "b", isMandatory: true)
        tracker.noteProbe()
        let reply = AMQPError.Reply(code: 312, text: "NO_ROUTE")
        let isTaken = tracker.markReturned(exchange: "e", routingKey: "a", body: [], reply: reply)
        #expect(isTaken)
        let outcomes = passed(&tracker)
        #expect(outcomes.count == 2)
        #expect(outcomes.first?.contains("returned") == true && outcomes.last == "b passed")
    }

    @Test func theBrokerCountsFromWhereConfirmsBegan() {
        var tracker = ConfirmTracker()
        append(&tracker, "a", "b")
        tracker.noteProbe()
        tracker.beginConfirms()
        #expect(tracker.nextTag == 1)
        append(&tracker, "c", "d")
        #expect(confirmed(&tracker, 2, multiple: true) == ["c confirmed", "d confirmed"])
        #expect(confirmed(&tracker, 1) == [])
        #expect(passed(&tracker) == ["a passed", "b passed"])
        append(&tracker, "e")
        #expect(confirmed(&tracker, 0, multiple: true) == ["e confirmed"])
    }

    @Test func whatTakesThePlaceOfSomethingTakenBackIsNotProven() {
        var tracker = ConfirmTracker()
        append(&tracker, "a", "b")
        tracker.noteProbe()
        let removed = tracker.removeUnsent(sentPosition: 5)
        #expect(removed.count == 1)
        append(&tracker, "c")
        #expect(tracker.unprobedCount == 1)
        #expect(passed(&tracker) == ["a passed"])
        tracker.noteProbe()
        #expect(passed(&tracker) == ["c passed"])
    }

    @Test func confirmsCountWhatTakesThePlaceOfSomethingTakenBack() {
        var tracker = ConfirmTracker()
        append(&tracker, "a")
        tracker.beginConfirms()
        let removed = tracker.removeUnsent(sentPosition: 0)
        #expect(removed.count == 1)
        append(&tracker, "b")
        #expect(confirmed(&tracker, 1) == ["b confirmed"])
    }

    @Test func anExpiredPublishIsToldOnce() {
        var tracker = ConfirmTracker()
        let now = Moment.now
        let request = PublishRequest(exchange: "e", routingKey: "a", body: [], deadline: now) { _ in }
        tracker.append(UnconfirmedPublish(request, position: 0..<10, since: Moment(nanoseconds: 0)))
        tracker.noteProbe()
        var conclusions: [PublishConclusion] = []
        tracker.expire(at: now, into: &conclusions)
        #expect(conclusions.map(\.outcome.wasSent) == [true])
        #expect(passed(&tracker) == [])
        #expect(tracker.isEmpty && tracker.abandonedCount == 0)
    }

    /// Random traffic: each publish ends once, in its order, and no probe proves what was sent behind it.
    @Test(arguments: 0..<100) func randomTraffic(seed: UInt64) {
        var tracker = ConfirmTracker()
        var random = SeededRandom(seed: seed)
        var (next, waiting, probes) = (0, [Int](), [[Int]]())
        for _ in 0..<500 {
            switch random.next() % 4 {
            case 0, 1:
                append(&tracker, "\(next)")
                waiting.append(next)
                next += 1
            case 2:
                probes.append(waiting)
                tracker.noteProbe()
            default:
                let expected = probes.isEmpty ? [] : probes.removeFirst().filter(waiting.contains)
                #expect(passed(&tracker) == expected.map { "\($0) passed" })
                waiting.removeAll(where: expected.contains)
            }
            #expect(tracker.count == waiting.count)
        }
    }
}
