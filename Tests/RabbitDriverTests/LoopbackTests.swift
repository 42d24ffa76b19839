// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Messaging
import Testing
import Threads

@testable import RabbitDriver

struct LoopbackTests {
    private let start = Moment.now
    private var machine = ConsumerStateMachine(backoff: ReconnectBackoff(jitter: 0), proof: .loopback)

    private func waiter(deadline: Duration = .seconds(60), retry: Int? = 0) -> ConsumerStateMachine.Wait {
        .init(deadline: start + deadline, retry: retry)
    }

    private func consuming() -> ConsumerStateMachine {
        var machine = machine
        _ = machine.start()
        _ = machine.established(now: start)
        return machine
    }

    private func proven() -> ConsumerStateMachine {
        var machine = consuming()
        machine.loopbackArrived(now: start)
        return machine
    }

    @Test func callsWaitUntilRepliesCanBeReceived() {
        var machine = machine
        let connects = machine.start()
        #expect(connects == [.connect])
        let (id, waiter) = (UniqueID(), waiter())
        let outcome = machine.wait(id, waiter)
        #expect(outcome == nil)
        let actions = machine.established(now: start)
        #expect(actions == [.resume([id], .reached), .sendLoopback])
        let again = machine.wait(id, waiter)
        #expect(again == .reached)
    }

    @Test func onlyTheFirstStartConnects() {
        var machine = machine
        #expect(machine.nextTick(now: start) == nil)
        let first = machine.start()
        #expect(first == [.connect])
        let second = machine.start()
        #expect(second.isEmpty)
        _ = machine.stop()
        let late = machine.start()
        #expect(late.isEmpty)
        let outcome = machine.wait(UniqueID(), waiter())
        #expect(outcome == .stopped)
    }

    @Test func aFailedAttemptRefusesThoseWithoutPatience() {
        var machine = machine
        _ = machine.start()
        let (impatient, patient, endless) = (UniqueID(), UniqueID(), UniqueID())
        for (id, retry) in [(impatient, 0), (patient, 1), (endless, nil)] { _ = machine.wait(id, waiter(retry: retry)) }
        let first = machine.failed(isRefusal: false, mayBlameOwnQueue: false, randomFactor: 0, now: start)
        #expect(first == [.resume([impatient], .unreachable), .retire])
        let retry = machine.tick(now: start + .seconds(1))
        #expect(retry == [.connect])
        let second = machine.failed(
            isRefusal: false,
            mayBlameOwnQueue: false,
            randomFactor: 0,
            now: start + .seconds(1)
        )
        #expect(second == [.resume([patient], .unreachable), .retire])
        let connected = machine.established(now: start)
        #expect(connected.isEmpty)
        #expect(machine.waits.keys.contains(endless))
    }

    /// The queue may be had later, and the call has a deadline of its own.
    @Test func aRefusalDoesNotEndACallThatWaits() {
        var machine = machine
        _ = machine.start()
        let id = UniqueID()
        _ = machine.wait(id, waiter(retry: nil))
        let actions = machine.failed(isRefusal: true, mayBlameOwnQueue: true, randomFactor: 0, now: start)
        #expect(actions == [.retire, .renew])
        let outcome = machine.wait(UniqueID(), waiter(retry: nil))
        #expect(outcome == nil)
        #expect(machine.waits.count == 2)
    }

    @Test func aLostConnectionIsMadeAgainAtOnceAndThenWithWaitsUpToASecond() {
        var machine = consuming()
        machine.loopbackArrived(now: start)
        let lost = machine.lost(isSilent: false, randomFactor: 0, now: start)
        #expect(lost == [.connect])
        var now = start
        for _ in 0..<20 {
            _ = machine.failed(isRefusal: false, mayBlameOwnQueue: false, randomFactor: 0, now: now)
            guard case .waiting(let until) = machine.phase else { continue }
            #expect(now.duration(to: until) <= .seconds(1))
            now = until
            _ = machine.tick(now: now)
            #expect(machine.phase == .connecting)
        }
    }

    @Test func aPeerThatHangsUpRightAwayIsNotAskedAgainAtOnce() {
        var machine = consuming()
        let lost = machine.lost(isSilent: false, randomFactor: 0, now: start)
        #expect(lost.isEmpty)
        let later = machine.tick(now: start + .seconds(1))
        #expect(later == [.connect])
    }

    @Test func aVanishedQueueIsDeclaredAgainOnTheSameConnection() {
        var machine = proven()
        let repair = machine.disturbed(randomFactor: 0, now: start)
        #expect(repair == [.repair])
        #expect(!machine.isConsuming)
        #expect(machine.lastLoopback == nil)
        let again = machine.disturbed(randomFactor: 0, now: start)
        #expect(again.isEmpty)
        _ = machine.established(now: start)
        #expect(machine.isConsuming)
    }

    @Test func aRepairThatNeverEndsIsAbandoned() {
        var machine = proven()
        _ = machine.disturbed(randomFactor: 0, now: start)
        let early = machine.tick(now: start + .seconds(3))
        #expect(early.isEmpty)
        let late = machine.tick(now: start + .seconds(5))
        #expect(late == [.abandon, .renew, .connect])
    }

    @Test func aConfirmedMessageThatDoesNotComeBackMeansDeaf() {
        var machine = consuming()
        machine.loopbackConfirmed(sentAt: start)
        let early = machine.tick(now: start + .seconds(4))
        #expect(early == [.sendLoopback])
        machine.loopbackConfirmed(sentAt: start + .seconds(4))
        let late = machine.tick(now: start + .seconds(5))
        #expect(late == [.abandon, .renew, .connect])
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
        let id = UniqueID()
        _ = machine.wait(id, waiter(deadline: .seconds(2)))
        let actions = machine.tick(now: start + .seconds(2))
        #expect(actions == [.resume([id], .timedOut)])
        #expect(machine.waits.isEmpty)
    }

    @Test func manyDeadlinesDoNotKeepTheMachineBusy() {
        var machine = machine
        _ = machine.start()
        for number in 1...100 { _ = machine.wait(UniqueID(), waiter(deadline: .milliseconds(number))) }
        #expect(machine.nextTick(now: start) == start + .milliseconds(100))
    }

    @Test func stoppingRefusesWhoWaitsAndStaysStopped() {
        var machine = machine
        _ = machine.start()
        let id = UniqueID()
        _ = machine.wait(id, waiter())
        let actions = machine.stop()
        #expect(actions == [.resume([id], .stopped), .abandon])
        let outcome = machine.wait(id, waiter())
        #expect(outcome == .stopped)
        let afterwards =
            machine.failed(isRefusal: false, mayBlameOwnQueue: false, randomFactor: 0, now: start)
            + machine.tick(now: start)
        #expect(afterwards.isEmpty)
    }
}
