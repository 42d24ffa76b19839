// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Messaging
import Testing
import Threads

@testable import RabbitDriver

struct ReplyLinkStateMachineTests {
    private let start = Moment.now
    private var machine = ReplyLinkStateMachine(backoff: ReconnectBackoff(jitter: 0))

    private func waiter(deadline: Duration = .seconds(60), retry: Int? = 0) -> ReplyLinkStateMachine.Waiter {
        .init(id: UniqueID(), deadline: start + deadline, retry: retry)
    }

    private func consuming() -> ReplyLinkStateMachine {
        var machine = machine
        _ = machine.start()
        _ = machine.connected(now: start)
        return machine
    }

    @Test func callsWaitUntilRepliesCanBeReceived() {
        var machine = machine
        let connects = machine.start()
        #expect(connects == [.connect])
        let waiter = waiter()
        let waits = machine.enqueue(waiter)
        #expect(waits)
        let actions = machine.connected(now: start)
        #expect(actions == [.proceed([waiter.id]), .sendLoopback])
        let waitsAgain = machine.enqueue(waiter)
        #expect(!waitsAgain)
    }

    @Test func onlyTheFirstStartConnects() {
        var machine = machine
        #expect(machine.nextTick(now: start) == nil)
        let first = machine.start()
        #expect(first == [.connect])
        #expect(machine.nextTick(now: start) != nil)
        let second = machine.start()
        #expect(second.isEmpty)
        _ = machine.stop()
        let late = machine.start()
        #expect(late.isEmpty)
        let waits = machine.enqueue(waiter())
        #expect(!waits)
    }

    @Test func aFailedAttemptRefusesThoseWithoutPatience() {
        var machine = machine
        _ = machine.start()
        let (impatient, patient, endless) = (waiter(retry: 0), waiter(retry: 1), waiter(retry: nil))
        for waiter in [impatient, patient, endless] { _ = machine.enqueue(waiter) }
        let first = machine.lost(isAttempt: true, randomFactor: 0, now: start)
        #expect(first.contains(.refuse([impatient.id])))
        let retry = machine.tick(now: start + .seconds(1))
        #expect(retry == [.connect])
        let second = machine.lost(isAttempt: true, randomFactor: 0, now: start + .seconds(1))
        #expect(second.contains(.refuse([patient.id])))
        let connected = machine.connected(now: start)
        #expect(connected.isEmpty)
        #expect(machine.waiters.keys.contains(endless.id))
    }

    @Test func aLostConnectionIsMadeAgainAtOnceAndThenWithWaitsUpToASecond() {
        var machine = consuming()
        machine.loopbackArrived(now: start)
        let lost = machine.lost(isAttempt: false, randomFactor: 0, now: start)
        #expect(lost == [.connect])
        var now = start
        for _ in 0..<20 {
            _ = machine.lost(isAttempt: true, randomFactor: 0, now: now)
            guard case .waiting(let until) = machine.phase else { continue }
            #expect(now.duration(to: until) <= .seconds(1))
            now = until
            _ = machine.tick(now: now)
            #expect(machine.phase == .connecting)
        }
    }

    @Test func aPeerThatHangsUpRightAwayIsNotAskedAgainAtOnce() {
        var machine = consuming()
        let lost = machine.lost(isAttempt: false, randomFactor: 0, now: start)
        #expect(lost.isEmpty)
        let later = machine.tick(now: start + .seconds(1))
        #expect(later == [.connect])
    }

    @Test func aVanishedQueueIsDeclaredAgainOnTheSameConnection() {
        var machine = consuming()
        let repair = machine.queueVanished(now: start)
        #expect(repair == [.repair])
        #expect(!machine.isConsuming)
        let again = machine.queueVanished(now: start)
        #expect(again.isEmpty)
        _ = machine.connected(now: start)
        #expect(machine.isConsuming)
    }

    @Test func aRepairThatNeverEndsIsAbandoned() {
        var machine = consuming()
        _ = machine.queueVanished(now: start)
        let early = machine.tick(now: start + .seconds(3))
        #expect(early.isEmpty)
        let late = machine.tick(now: start + .seconds(5))
        #expect(late == [.abandon, .connect])
    }

    @Test func aConfirmedMessageThatDoesNotComeBackMeansDeaf() {
        var machine = consuming()
        machine.loopbackConfirmed(sentAt: start)
        let early = machine.tick(now: start + .seconds(4))
        #expect(early == [.sendLoopback])
        machine.loopbackConfirmed(sentAt: start + .seconds(4))
        let late = machine.tick(now: start + .seconds(5))
        #expect(late == [.abandon, .connect])
    }

    @Test func oneThatComesBackClearsTheSuspicionAlsoBeforeItsConfirm() {
        var machine = consuming()
        machine.loopbackArrived(now: start + .milliseconds(1))
        machine.loopbackConfirmed(sentAt: start)
        let actions = machine.tick(now: start + .seconds(50))
        #expect(actions == [.sendLoopback])
    }

    @Test func oneTheBrokerDidNotTakeSaysNothing() {
        var machine = consuming()
        let actions = machine.tick(now: start + .seconds(60))
        #expect(actions == [.sendLoopback])
    }

    @Test func callsAreForgottenAtTheirDeadline() {
        var machine = machine
        _ = machine.start()
        let waiter = waiter(deadline: .seconds(2))
        _ = machine.enqueue(waiter)
        let actions = machine.tick(now: start + .seconds(2))
        #expect(actions == [.forget([waiter.id])])
        #expect(machine.waiters.isEmpty)
    }

    @Test func stoppingRefusesWhoWaitsAndStaysStopped() {
        var machine = machine
        _ = machine.start()
        let waiter = waiter()
        _ = machine.enqueue(waiter)
        let actions = machine.stop()
        #expect(actions == [.refuse([waiter.id])])
        let waits = machine.enqueue(waiter)
        #expect(!waits)
        let afterwards = machine.lost(isAttempt: true, randomFactor: 0, now: start) + machine.tick(now: start)
        #expect(afterwards.isEmpty)
    }
}
