// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

struct SharesTests {
    private let one = Holder(address: "192.0.2.1")
    private let two = Holder(address: "192.0.2.2")

    private func fill(_ shares: inout Shares, _ holder: Holder, _ limit: Int) -> Int {
        while shares.hasPlace(for: holder, in: limit) { shares.add(1, to: holder) }
        return shares[holder]
    }

    @Test func oneAloneGetsHalfAndTheOthersStillFindRoom() {
        var shares = Shares()
        let first = fill(&shares, one, 100)
        #expect(first == 50)
        let second = fill(&shares, two, 100)
        #expect(second == 25)
        #expect(shares.total == 75)
        shares.remove(50, from: one)
        let more = fill(&shares, two, 100)
        #expect(more == 50)
    }

    @Test func oneOfOneCanBeHad() {
        var shares = Shares()
        let first = fill(&shares, one, 1)
        let second = fill(&shares, two, 1)
        #expect(first == 1 && second == 0)
    }

    @Test func manyHoldersStayWithinTheLimit() {
        var shares = Shares()
        for number in 0..<300 { _ = fill(&shares, Holder(address: "198.51.100.\(number)"), 100) }
        #expect(shares.total <= 100)
    }

    @Test(arguments: [
        ("2001:db8::1", "2001:db8::ffff:2"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("fe80::1", "fe80::2"),
    ])
    func oneNetworkIsOneHolder(_ first: String, _ second: String) {
        #expect(Holder(address: first) == Holder(address: second))
    }

    @Test(arguments: [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("192.0.2.1", "192.0.2.2"), ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("2001:db81::", "2001:db8:1::"), ("", "192.0.2.1"),
    ])
    func othersAreOthers(_ first: String, _ second: String) {
        #expect(Holder(address: first) != Holder(address: second))
    }
}
