// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import AMQP

struct ConfirmTrackerTests {
    private func tracker(_ keys: [String], isMandatory: Bool = false, deadline: Moment? = nil)
        -> ConfirmTracker
    {
        var tracker = ConfirmTracker()
        for (index, key) in keys.enumerated() {
            let request = PublishRequest(
                exchange: "e",
                routingKey: Name(key),
                isMandatory: isMandatory,
                body: Array(key.utf8),
                deadline: deadline
            ) { _ in }
            let start = UInt64(index) * 10
            tracker.append(
                UnconfirmedPublish(request, position: start..<start + 10, since: Moment(nanoseconds: Int64(start)))
            )
        }
        return tracker
    }

    private func returned(_ tracker: inout ConfirmTracker, _ exchange: String, _ key: String, _ body: String) -> Bool {
        let reply = AMQPError.Reply(code: 312, text: "NO_ROUTE")
        return tracker.markReturned(
            exchange: Name(exchange),
            routingKey: Name(key),
            body: Array(body.utf8),
            reply: reply
        )
    }

    private func confirmed(
        _ tracker: inout ConfirmTracker,
        _ tag: UInt64,
        multiple: Bool = false,
        isNack: Bool = false
    ) -> [String] {
        var conclusions: [PublishConclusion] = []
        tracker.confirm(tag: tag, multiple: multiple, isNack: isNack, into: &conclusions)
        return conclusions.map { "\($0.request.routingKey) \($0.outcome)" }
    }

    @Test func itTellsSinceWhenTheOldestIsNotSettled() {
        var tracker = tracker(["a", "b", "c"])
        func since() -> Int64? { tracker.oldestUnsettled?.since.nanoseconds }
        #expect(since() == 0)
        _ = confirmed(&tracker, 2)
        #expect(since() == 0)
        _ = confirmed(&tracker, 1)
        #expect(since() == 20)
        _ = confirmed(&tracker, 3)
        // Whatever was owed before, nothing is owed now.
        #expect(since() == nil)
    }

    @Test func singleConfirmsMayComeInAnyOrder() {
        var tracker = tracker(["a", "b", "c"])
        #expect(confirmed(&tracker, 2) == ["b confirmed"])
        #expect(confirmed(&tracker, 1) == ["a confirmed"])
        #expect(tracker.nextTag == 4)
        #expect(confirmed(&tracker, 3) == ["c confirmed"])
        #expect(tracker.isEmpty)
    }

    @Test func multipleSettlesEverythingUpToTheTag() {
        var tracker = tracker(["a", "b", "c", "d"])
        _ = confirmed(&tracker, 2)
        #expect(confirmed(&tracker, 3, multiple: true) == ["a confirmed", "c confirmed"])
        #expect(tracker.count == 1)
    }

    @Test func multipleWithTagZeroSettlesEverything() {
        var tracker = tracker(["a", "b"])
        #expect(confirmed(&tracker, 0, multiple: true).count == 2)
        #expect(confirmed(&tracker, 0, multiple: true).isEmpty)
    }

    @Test func nackIsRejected() {
        var tracker = tracker(["a"])
        #expect(confirmed(&tracker, 1, isNack: true) == ["a rejected"])
    }

    @Test(arguments: [0, 3, .max] as [UInt64]) func unknownTagsAreIgnored(tag: UInt64) {
        var tracker = tracker(["a", "b"])
        #expect(confirmed(&tracker, tag).isEmpty)
        #expect(tracker.count == 2)
    }

    @Test func secondConfirmOfATagIsIgnored() {
        var tracker = tracker(["a", "b"])
        _ = confirmed(&tracker, 1)
        #expect(confirmed(&tracker, 1).isEmpty)
    }

    @Test func longRunsKeepTheSequence() {
        var tracker = ConfirmTracker()
        for tag in 1...10_000 as ClosedRange<UInt64> {
            let request = PublishRequest(exchange: "", routingKey: "\(tag)", body: []) { _ in }
            tracker.append(UnconfirmedPublish(request, position: 0..<1, since: Moment(nanoseconds: 0)))
            if tag > 100 { #expect(confirmed(&tracker, tag - 100) == ["\(tag - 100) confirmed"]) }
        }
        #expect(tracker.count == 100)
    }

    @Test func returnedPublishCompletesWithItsConfirm() {
        var tracker = tracker(["a", "b", "a", "c"], isMandatory: true)
        #expect(returned(&tracker, "e", "b", "b"))
        #expect(returned(&tracker, "e", "a", "a"))
        let outcomes = confirmed(&tracker, 4, multiple: true)
        #expect(outcomes.map { $0.contains("returned") } == [false, true, true, false])
    }

    @Test func identicalPublishesAreReturnedOldestFirst() {
        var tracker = tracker(["a", "a"], isMandatory: true)
        #expect(returned(&tracker, "e", "a", "a"))
        #expect(confirmed(&tracker, 1).first?.contains("returned") == true)
        #expect(returned(&tracker, "e", "a", "a"))
        #expect(confirmed(&tracker, 2).first?.contains("returned") == true)
    }

    @Test func returnThatFitsNothingIsNotTaken() {
        var tracker = tracker(["a"], isMandatory: true)
        #expect(!returned(&tracker, "e", "a", ""))
        #expect(!returned(&tracker, "", "a", "a"))
    }

    @Test func failureTellsWhichMayHaveBeenSent() {
        var tracker = tracker(["a", "b", "c"])
        var conclusions: [PublishConclusion] = []
        tracker.failAll(AMQPError(.connectionLost, ""), sentPosition: 11, into: &conclusions)
        #expect(conclusions.map(\.outcome.wasSent) == [true, true, false])
        #expect(tracker.isEmpty)
    }

    @Test func unsentPublishesAreTakenBackNewestFirst() {
        var tracker = tracker(["a", "b", "c"])
        let removed = tracker.removeUnsent(sentPosition: 5)
        #expect(removed.map(\.request.routingKey) == ["c", "b"])
        #expect(tracker.nextTag == 2)
    }

    @Test func anExpiredPublishThatIsTakenBackIsNotCountedAnyMore() {
        let now = Moment.now
        var tracker = tracker(["a", "b"], deadline: now)
        var conclusions: [PublishConclusion] = []
        tracker.expire(at: now, into: &conclusions)
        #expect(tracker.removeUnsent(sentPosition: 5).map(\.isAbandoned) == [true])
        #expect(tracker.abandonedCount == 1)
    }

    @Test func expiredPublishKeepsItsPlace() {
        let now = Moment.now
        var tracker = tracker(["a", "b"], deadline: now)
        var conclusions: [PublishConclusion] = []
        tracker.expire(at: now, into: &conclusions)
        #expect(conclusions.map(\.outcome.error?.code) == [.timedOut, .timedOut])
        // Also one that has not left yet is on its way.
        #expect(conclusions.map(\.outcome.wasSent) == [true, true])
        #expect(tracker.abandonedCount == 2)
        #expect(tracker.nextTag == 3)
        #expect(confirmed(&tracker, 2, multiple: true).isEmpty)
        #expect(tracker.isEmpty)
        #expect(tracker.abandonedCount == 0)
    }
}
