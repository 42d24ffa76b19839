// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import AMQP

struct SilenceMonitorTests {
    private let start = Moment(nanoseconds: 1_000_000_000_000)

    private func monitor() -> SilenceMonitor { SilenceMonitor(limit: .seconds(5), now: start) }

    private func at(_ seconds: Double) -> Moment { start + .seconds(seconds) }

    /// What the monitor does from one tenth of a second to the next, with its second.
    private func actions(
        _ monitor: inout SilenceMonitor,
        until end: Double,
        from begin: Double = 0,
        challenged: Double? = nil,
        debt: (Double) -> SilenceMonitor.Debt,
        heard: (Double) -> Double = { _ in 0 }
    ) -> [String] {
        var told: [String] = []
        for tenth in Int(begin * 10)...Int(end * 10) {
            let second = Double(tenth) / 10
            if second == challenged { monitor.challenge(lastReceived: at(heard(second)), now: at(second)) }
            let action = monitor.action(debt(second), lastReceived: at(heard(second)), now: at(second))
            guard action != .nothing else { continue }
            told.append("\(action) \(second)")
            if action == .giveUp { break }
        }
        return told
    }

    /// A confirm that is owed since the start, for a message that has reached the broker.
    private func delivered(_ second: Double) -> SilenceMonitor.Debt { .init(since: start, end: 10, acknowledged: 10) }

    @Test func aBrokerThatAnswersNobodyHasTheWholeLimit() {
        var monitor = monitor()
        let told = actions(&monitor, until: 9, debt: delivered)
        #expect(told == ["ask 1.5", "ask 3.0", "ask 4.5", "giveUp 5.0"])
    }

    @Test func oneThatAnswersOthersIsGivenUpASecondLater() {
        var monitor = monitor()
        let told = actions(&monitor, until: 9, challenged: 1.6, debt: delivered)
        #expect(told == ["ask 1.5", "giveUp 2.6"])
    }

    @Test func aConnectionWithoutDoubtsIsChallengedToo() {
        var monitor = monitor()
        let told = actions(&monitor, until: 9, from: 7, challenged: 7) { _ in
            .init(since: at(7), end: 10, acknowledged: 10)
        }
        #expect(told == ["giveUp 8.0"])
    }

    @Test func whateverComesIsAnAnswer() {
        var monitor = monitor()
        // The oldest confirm stays away, as that of a queue without a majority, and the question is answered each time.
        let told = actions(&monitor, until: 9, challenged: 1.6, debt: delivered) { second in
            second < 2 ? 0 : second < 4 ? 1.9 : second < 5.6 ? 3.9 : 5.5
        }
        #expect(told == ["ask 1.5", "ask 3.4", "ask 5.4", "ask 7.0", "ask 8.5"])
    }

    @Test func aDebtAfterALongPauseIsNew() {
        var monitor = monitor()
        let told = actions(&monitor, until: 102, from: 100) { _ in .init(since: at(100), end: 10, acknowledged: 10) }
        #expect(told == ["ask 101.5"])
    }

    @Test func aLongMessageIsNoDebtWhileItIsOnItsWay() {
        var monitor = monitor()
        let told = actions(&monitor, until: 40, challenged: 9) { second in
            .init(since: start, end: 1000, acknowledged: UInt64(min(30, second) * 30))
        }
        // A thousand bytes never get there, and nothing moves from the thirtieth second on.
        #expect(told == ["ask 31.5", "ask 33.0", "ask 34.5", "giveUp 35.0"])
    }

    @Test func bytesThatAreNotAcknowledgedAreADebt() {
        var monitor = monitor()
        let told = actions(&monitor, until: 9) { _ in .init(since: start, end: 10, acknowledged: 3) }
        #expect(told.last == "giveUp 5.0")
    }

    /// What has come meanwhile lies in the socket and is read in the next turn.
    @Test func afterAPauseOfThisProcessTheBrokerIsAskedFirst() {
        var monitor = monitor()
        let told = actions(&monitor, until: 32, from: 30, debt: delivered)
        #expect(told == ["ask 30.0", "giveUp 31.0"])
    }
}
