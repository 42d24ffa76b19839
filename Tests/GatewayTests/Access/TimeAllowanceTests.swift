// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Gateway

/// Time of a loop that clients may use up.
struct TimeAllowanceTests {
    private static let start = Moment(nanoseconds: 5_000_000_000)
    private static let (spender, victim, third) = (
        Holder(address: "10.0.0.1"), Holder(address: "10.0.0.2"), Holder(address: "2001:db8::3")
    )

    private static func isLeft(_ allowance: inout TimeAllowance, _ holder: Holder, after time: Duration) -> Bool {
        allowance.isLeft(for: holder, at: start + time)
    }

    @Test func itComesBackWithEachStretch() {
        var allowance = TimeAllowance(.milliseconds(50), of: .seconds(1))
        #expect(Self.isLeft(&allowance, Self.spender, after: .zero))
        allowance.spend(.milliseconds(24), of: Self.spender, at: Self.start)
        #expect(Self.isLeft(&allowance, Self.spender, after: .milliseconds(100)))
        allowance.spend(.milliseconds(15), of: Self.spender, at: Self.start + .milliseconds(100))
        #expect(!Self.isLeft(&allowance, Self.spender, after: .milliseconds(999)))
        #expect(Self.isLeft(&allowance, Self.spender, after: .seconds(1)))
    }

    @Test func whoSpendsAllThatTheyMayLeavesSomeForOthers() {
        var allowance = TimeAllowance(.milliseconds(50), of: .seconds(1))
        var spent = 0
        while Self.isLeft(&allowance, Self.spender, after: .milliseconds(spent)) {
            allowance.spend(.milliseconds(1), of: Self.spender, at: Self.start + .milliseconds(spent))
            spent += 1
        }
        #expect(spent == 25)
        #expect(Self.isLeft(&allowance, Self.victim, after: .milliseconds(900)))
        allowance.spend(.milliseconds(12), of: Self.victim, at: Self.start + .milliseconds(900))
        #expect(Self.isLeft(&allowance, Self.victim, after: .milliseconds(901)))
        #expect(Self.isLeft(&allowance, Self.third, after: .milliseconds(901)))
    }

    @Test func allTogetherSpendNoMoreThanTheWholeAndTheLastUse() {
        var allowance = TimeAllowance(.milliseconds(50), of: .seconds(1))
        var spent = Duration.zero
        for number in 1...10_000 {
            let holder = Holder(address: "10.\(number / 256).0.\(number % 256)")
            guard Self.isLeft(&allowance, holder, after: .milliseconds(1)) else { continue }
            allowance.spend(.microseconds(200), of: holder, at: Self.start + .milliseconds(1))
            spent += .microseconds(200)
        }
        #expect(spent <= .microseconds(50_200))
    }
}
