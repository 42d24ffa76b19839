// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct HandshakesTests {
    private final class Member {
        let number: Int

        init(_ number: Int) { self.number = number }
    }

    @Test func theOldestEndsForOneTooManyOfTheSameClient() {
        var handshakes = Handshakes<Member>(limit: 3)
        let tickets = (0..<3).map { number in
            let (ticket, tooMany) = handshakes.begin(Member(number), of: "a")
            #expect(tooMany == nil)
            return ticket
        }
        // The oldest has ended by itself.
        handshakes.end(tickets[0])
        #expect(handshakes.begin(Member(3), of: "a").tooMany == nil)
        for number in 4...6 { #expect(handshakes.begin(Member(number), of: "a").tooMany?.number == number - 3) }
        #expect(handshakes.count == 3)
        // One that was broken off ends once more.
        handshakes.end(tickets[1])
        #expect(handshakes.count == 3)
    }

    @Test func aFloodEndsNoneOfAnotherClient() {
        var handshakes = Handshakes<Member>(limit: 16)
        for number in 0..<16 { #expect(handshakes.begin(Member(number), of: "flood").tooMany == nil) }
        #expect(handshakes.begin(Member(-1), of: "slow").tooMany?.number == 0)
        #expect(handshakes.begin(Member(-2), of: "slow").tooMany?.number == 1)
        for number in 16..<1_000 {
            #expect(handshakes.begin(Member(number), of: "flood").tooMany?.number == number - 14)
        }
        #expect(handshakes.count == 16)
    }

    @Test func aMultitudeOfClientsEndsTheOldest() {
        var handshakes = Handshakes<Member>(limit: 4)
        for number in 0..<4 { #expect(handshakes.begin(Member(number), of: "\(number)").tooMany == nil) }
        for number in 4..<20 {
            #expect(handshakes.begin(Member(number), of: "\(number)").tooMany?.number == number - 4)
        }
    }

    @Test func whoHasSomethingToDoComesInTurn() {
        var handshakes = Handshakes<Member>(limit: 1)
        #expect(handshakes.isIdle && handshakes.next() == nil)
        for number in 0..<100 { handshakes.add(Member(number), of: "flood") }
        handshakes.add(Member(-1), of: "slow")
        for number in [0, -1, 1] { #expect(handshakes.next()?.number == number) }
        handshakes.add(Member(-2), of: "slow")
        for number in [2, -2, 3] { #expect(handshakes.next()?.number == number) }
        while handshakes.next() != nil {}
        #expect(handshakes.isIdle)
    }
}
