// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Messaging
import Testing
import Threads

@testable import RabbitDriver

struct ConsumerStateMachineTests {
    private let start = Moment.now
    private let machine = ConsumerStateMachine(backoff: ReconnectBackoff(jitter: 0), proof: .time(.seconds(5)))

    private func patience(
        _ seconds: Int,
        for event: ConsumerStateMachine.Wait.Event = .consuming
    ) -> ConsumerStateMachine.Wait {
        .init(event: event, deadline: start + .seconds(seconds), endsAtRefusal: true)
    }

    private func consuming() -> ConsumerStateMachine {
        var machine = machine
        _ = machine.start()
        _ = machine.established(now: start)
        return machine
    }

    @Test func startConnectsOnce() {
        var machine = machine
        let actions = [machine.start(), machine.start()]
        #expect(actions == [[.connect], []])
        #expect(!machine.isConsuming)
        _ = machine.established(now: start)
        #expect(machine.isConsuming)
    }

    @Test func failedAttemptsAreRepeatedWithGrowingWaits() {
        var machine = machine
        _ = machine.start()
        var now = start
        var waits: [Duration] = []
        for _ in 0..<7 {
            let actions = machine.failed(isRefusal: false, mayBlameOwnQueue: false, randomFactor: 0, now: now)
            #expect(actions == [.retire])
            guard case .waiting(let until) = machine.phase else {
                Issue.record("\(machine.phase)")
                return
            }
            waits.append(now.duration(to: until))
            now = until
            let connects = machine.tick(now: now)
            #expect(connects == [.connect])
        }
        #expect(waits == [50, 100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    }

    @Test func aStableConnectionThatIsLostIsMadeAgainAtOnce() {
        var machine = consuming()
        let actions = machine.lost(isSilent: false, randomFactor: 0, now: start + .seconds(5))
        #expect(actions == [.connect])
        #expect(machine.phase == .connecting)
    }

    @Test func aBrokerThatHangsUpAgainAndAgainIsNotAskedAtFullSpeed() {
        var machine = consuming()
        let actions = machine.lost(isSilent: false, randomFactor: 0, now: start + .seconds(1))
        #expect(actions == [])
        #expect(machine.phase == .waiting(until: start + .milliseconds(1050)))
    }

    @Test func aCancelledConsumerIsRepairedOnTheSameConnection() {
        var machine = consuming()
        let actions = machine.disturbed(randomFactor: 0, now: start + .seconds(10))
        #expect(actions == [.repair])
        let nothing = machine.disturbed(randomFactor: 0, now: start + .seconds(10))
        #expect(nothing == [])
        _ = machine.established(now: start + .seconds(10))
        #expect(machine.isConsuming)
    }

    @Test func aRepairThatFailsGivesTheConnectionUp() {
        var machine = consuming()
        _ = machine.disturbed(randomFactor: 0, now: start + .seconds(10))
        let actions = machine.failed(
            isRefusal: false,
            mayBlameOwnQueue: false,
            randomFactor: 0,
            now: start + .seconds(10)
        )
        #expect(actions == [.retire])
        #expect(machine.phase == .waiting(until: start + .milliseconds(10_050)))
        let stale = machine.lost(isSilent: false, randomFactor: 0, now: start + .seconds(10))
        #expect(stale == [])
    }

    @Test func aQueueThatIsDeletedAgainAndAgainDoesNotMakeUsSpin() {
        var machine = consuming()
        let actions = machine.disturbed(randomFactor: 0, now: start + .seconds(1))
        #expect(actions == [.retire])
        #expect(machine.nextTick(now: start + .seconds(1)) == start + .milliseconds(1050))
    }

    @Test func whoeverWaitsIsToldWhenMessagesAreConsumed() {
        var machine = machine
        let id = UniqueID()
        let outcome = machine.wait(id, patience(1))
        #expect(outcome == nil)
        _ = machine.start()
        let told = machine.established(now: start)
        #expect(told == [.resume([id], .reached)])
        let again = machine.wait(id, patience(0))
        #expect(again == .reached)
    }

    @Test func waitsEndAtTheirDeadline() {
        var machine = machine
        let id = UniqueID()
        _ = machine.wait(id, patience(1))
        #expect(machine.nextTick(now: start) == start + .seconds(1))
        let none = machine.tick(now: start + .milliseconds(999))
        #expect(none == [])
        let told = machine.tick(now: start + .seconds(1))
        #expect(told == [.resume([id], .timedOut)])
    }

    @Test func aRefusalIsToldAtOnceAndTriedAgainAllTheSame() {
        var machine = machine
        let id = UniqueID()
        _ = machine.start()
        _ = machine.wait(id, patience(9))
        let told = machine.failed(isRefusal: true, mayBlameOwnQueue: true, randomFactor: 0, now: start)
        #expect(told == [.resume([id], .refused), .retire, .renew])
        let later = machine.wait(UniqueID(), patience(9))
        #expect(later == .refused)
        let connects = machine.tick(now: start + .milliseconds(50))
        #expect(connects == [.connect])
    }

    /// A declaration that failed may have left a queue of that name behind which the broker will never serve.
    @Test(arguments: [true, false])
    func onlyAFailedDeclarationTakesTheNameAway(_ mayBlame: Bool) {
        var machine = machine
        _ = machine.start()
        let actions = machine.failed(isRefusal: false, mayBlameOwnQueue: mayBlame, randomFactor: 0, now: start)
        #expect(actions.contains(.renew) == mayBlame)
    }

    /// A broker that fell silent may hold the consumer for alive, and give it a part of the messages.
    @Test(arguments: [true, false])
    func onlyASilentLossTakesTheNameAway(_ isSilent: Bool) {
        var machine = consuming()
        let actions = machine.lost(isSilent: isSilent, randomFactor: 0, now: start + .seconds(9))
        #expect(actions == (isSilent ? [.renew] : []) + [.connect])
        var repairing = consuming()
        _ = repairing.disturbed(randomFactor: 0, now: start + .seconds(9))
        let lost = repairing.lost(isSilent: isSilent, randomFactor: 0, now: start + .seconds(9))
        #expect(lost.contains(.renew) == isSilent)
    }

    @Test func stopCancelsTheConsumersAndTellsWhenThatIsDone() {
        var machine = consuming()
        let actions = machine.stop()
        #expect(actions == [.cancelConsumers])
        let id = UniqueID()
        let waits = machine.wait(id, patience(1, for: .stopped))
        #expect(waits == nil)
        let told = machine.cancelled()
        #expect(told == [.resume([id], .reached)])
        let more = [machine.stop(), machine.tick(now: start + .seconds(9)), machine.start()]
        #expect(more == [[], [], []])
    }

    @Test func aConnectionLostDuringTheStopEndsTheStop() {
        var machine = consuming()
        _ = machine.stop()
        let id = UniqueID()
        _ = machine.wait(id, patience(1, for: .stopped))
        let told = machine.lost(isSilent: false, randomFactor: 0, now: start)
        #expect(told == [.resume([id], .reached)])
        #expect(machine.phase == .stopped)
    }

    @Test func stopEndsAnAttemptAndThoseWhoWaitForIt() {
        var machine = machine
        _ = machine.start()
        let id = UniqueID()
        _ = machine.wait(id, patience(1))
        let actions = machine.stop()
        #expect(actions == [.resume([id], .stopped), .abandon])
        let outcome = machine.wait(UniqueID(), patience(0))
        #expect(outcome == .stopped)
        let late = machine.established(now: start)
        #expect(late == [])
        #expect(machine.phase == .stopped)
    }
}
