// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Messaging
import Names
import Testing
import Threads

@testable import RabbitDriver

struct ReplyRetriesTests {
    private let start = Moment.now
    private let ids = (0..<8).map { _ in UniqueID() }

    private func retries(_ change: (inout ReplyRetries.Limits) -> Void = { _ in }) -> ReplyRetries {
        var limits = ReplyRetries.Limits()
        limits.backoff.jitter = 0
        change(&limits)
        return ReplyRetries(limits)
    }

    private func at(_ seconds: Double) -> Moment { start + .seconds(seconds) }

    @Test func aReplyToAMissingQueueIsSentAgainEveryQuarterOfASecondWithAFreshIdentifier() {
        var retries = retries()
        for second in stride(from: 0.0, to: 60, by: 0.25) {
            let none = retries.returned(ids[0], to: "q", bytes: 10, now: at(second))
            #expect(none == [])
            #expect(retries.nextTick == at(second + 0.25))
            let again = retries.tick(now: at(second + 0.25))
            #expect(again == [.send(ids[0], isFresh: true)])
        }
        let given = retries.returned(ids[0], to: "q", bytes: 10, now: at(60))
        #expect(given == [.giveUp(ids[0], .missingQueue)])
        #expect(retries.count == 0)
        #expect(retries.bytes == 0)
    }

    @Test func aReplyUnderWhichConnectionsAreLostIsGivenUpAfterFiveOfThem() {
        var retries = retries()
        for loss in 1...5 {
            let instant = at(Double(loss) * 20)
            let actions = retries.failed(ids[0], to: "q", bytes: 1, isLoss: true, randomFactor: 0, now: instant)
            #expect(actions == (loss < 5 ? [] : [.giveUp(ids[0], .broker)]))
            _ = retries.tick(now: instant + .seconds(15))
        }
        #expect(retries.count == 0)
    }

    @Test func aQueueThatWasGivenUpIsRememberedForAMinute() {
        var retries = retries { $0.missingQueueTimeout = .zero }
        _ = retries.returned(ids[0], to: "q", bytes: 10, now: start)
        let dropped = retries.admit(ids[1], to: "q", bytes: 10, now: at(59))
        #expect(dropped == [.giveUp(ids[1], .missingQueue)])
        let sent = retries.admit(ids[1], to: "q", bytes: 10, now: at(60))
        #expect(sent == [.send(ids[1], isFresh: true)])
        #expect(retries.isQuiet)
    }

    @Test func oneReplyProbesForAMissingQueueAndTheOthersWaitBehindIt() {
        var retries = retries()
        _ = retries.returned(ids[0], to: "q", bytes: 1, now: start)
        let held = retries.admit(ids[1], to: "q", bytes: 1, now: start)
        let late = retries.returned(ids[2], to: "q", bytes: 1, now: start)
        #expect(held + late == [])
        let probe = retries.tick(now: at(0.25))
        #expect(probe == [.send(ids[0], isFresh: true)])
        let free = retries.delivered(ids[0], to: "q")
        #expect(free == [.send(ids[1], isFresh: true), .send(ids[2], isFresh: true)])
        #expect(retries.isQuiet)
    }

    @Test func allRepliesToAQueueAreGivenUpTogether() {
        var retries = retries { $0.missingQueueTimeout = .seconds(1) }
        _ = retries.returned(ids[0], to: "q", bytes: 1, now: start)
        _ = retries.admit(ids[1], to: "q", bytes: 1, now: at(0.5))
        _ = retries.tick(now: at(1))
        let given = retries.returned(ids[0], to: "q", bytes: 1, now: at(1))
        #expect(given == [.giveUp(ids[0], .missingQueue), .giveUp(ids[1], .missingQueue)])
    }

    @Test func aReplyUnderWayWhileItsQueueIsGivenUpIsGivenUpToo() {
        var retries = retries { $0.missingQueueTimeout = .zero }
        let first = retries.returned(ids[0], to: "q", bytes: 1, now: start)
        let second = retries.returned(ids[1], to: "q", bytes: 1, now: start)
        #expect(first + second == [.giveUp(ids[0], .missingQueue), .giveUp(ids[1], .missingQueue)])
        #expect(retries.count == 0)
    }

    @Test func repliesToOtherQueuesGoOn() {
        var retries = retries()
        _ = retries.returned(ids[0], to: "q", bytes: 1, now: start)
        let sent = retries.admit(ids[1], to: "other", bytes: 1, now: start)
        #expect(sent == [.send(ids[1], isFresh: true)])
    }

    @Test func troubleWithTheBrokerIsWaitedOutWithTheSameIdentifier() {
        var retries = retries()
        var (now, waits) = (start, [Duration]())
        for _ in 0..<8 {
            _ = retries.failed(ids[0], to: "q", bytes: 1, randomFactor: 0, now: now)
            guard let next = retries.nextTick else {
                Issue.record("no next attempt")
                return
            }
            waits.append(now.duration(to: next))
            now = next
            let again = retries.tick(now: now)
            #expect(again == [.send(ids[0], isFresh: false)])
        }
        #expect(waits == [0.25, 0.5, 1, 2, 4, 8, 10, 10].map { .seconds($0) })
        let given = retries.failed(ids[0], to: "q", bytes: 1, randomFactor: 0, now: at(600))
        #expect(given == [.giveUp(ids[0], .broker)])
    }

    @Test func theNextReplyProbesWhenTheProbeIsGivenUp() {
        var retries = retries()
        _ = retries.returned(ids[0], to: "q", bytes: 1, now: start)
        _ = retries.admit(ids[1], to: "q", bytes: 1, now: start)
        _ = retries.tick(now: at(0.25))
        retries.refused(ids[0], now: at(0.25))
        let next = retries.tick(now: at(0.25))
        #expect(next == [.send(ids[1], isFresh: true)])
    }

    @Test func theOldestIsGivenUpWhenTooManyWait() {
        var retries = retries { $0.maximumCount = 2 }
        for id in ids[0...1] { _ = retries.failed(id, to: "q", bytes: 1, randomFactor: 0, now: start) }
        let given = retries.failed(ids[2], to: "q", bytes: 1, randomFactor: 0, now: start)
        #expect(given == [.giveUp(ids[0], .overload)])
        #expect(retries.count == 2)
    }

    @Test func theOldestIsGivenUpWhenTooManyBytesWait() {
        var retries = retries { $0.maximumBytes = 100 }
        _ = retries.failed(ids[0], to: "q", bytes: 60, randomFactor: 0, now: start)
        let given = retries.failed(ids[1], to: "q", bytes: 60, randomFactor: 0, now: start)
        #expect(given == [.giveUp(ids[0], .overload)])
        #expect(retries.bytes == 60)
    }

    @Test func aReplyUnderWayWhenTooManyWaitHasThisOneAttemptLeft() {
        var retries = retries { $0.maximumCount = 1 }
        _ = retries.failed(ids[0], to: "q", bytes: 5, randomFactor: 0, now: start)
        _ = retries.tick(now: at(1))
        let none = retries.failed(ids[1], to: "q", bytes: 5, randomFactor: 0, now: at(1))
        #expect(none == [])
        #expect(retries.bytes == 5)
        let given = retries.failed(ids[0], to: "q", bytes: 5, randomFactor: 0, now: at(1))
        #expect(given == [.giveUp(ids[0], .overload)])
        #expect(retries.count == 1)
    }

    @Test func whatWaitsAtTheEndIsGivenUpAndNothingIsTakenAfterIt() {
        var retries = retries()
        _ = retries.failed(ids[0], to: "q", bytes: 1, randomFactor: 0, now: start)
        _ = retries.failed(ids[1], to: "q", bytes: 1, randomFactor: 0, now: at(0.1))
        _ = retries.tick(now: at(0.25))
        let given = retries.stop()
        #expect(given == [.giveUp(ids[1], .shutdown)])
        let last = retries.failed(ids[0], to: "q", bytes: 1, randomFactor: 0, now: at(1))
        let late = retries.admit(ids[2], to: "q", bytes: 1, now: at(1))
        #expect(last + late == [.giveUp(ids[0], .shutdown), .giveUp(ids[2], .shutdown)])
    }

    @Test func twoHundredObsoleteQueuesAreRemembered() {
        var queues = ObsoleteQueues()
        for number in 0...200 { queues.insert("q\(number)", now: start) }
        let (first, second) = (queues.contains("q0", now: start), queues.contains("q1", now: start))
        #expect(!first)
        #expect(second)
    }
}
