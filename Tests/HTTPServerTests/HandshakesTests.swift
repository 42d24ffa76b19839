// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct HandshakesTests {
    private final class Client {
        let number: Int

        init(_ number: Int) { self.number = number }
    }

    @Test func theOldestEndsForOneTooMany() {
        var handshakes = Handshakes<Client>(limit: 3)
        var tickets: [Handshakes<Client>.Ticket] = []
        for number in 0..<3 {
            let (ticket, tooMany) = handshakes.begin(Client(number))
            #expect(tooMany == nil)
            tickets.append(ticket)
        }
        // The oldest has ended by itself.
        handshakes.end(tickets[0])
        #expect(handshakes.begin(Client(3)).tooMany == nil)
        #expect(handshakes.begin(Client(4)).tooMany?.number == 1)
        #expect(handshakes.begin(Client(5)).tooMany?.number == 2)
        #expect(handshakes.begin(Client(6)).tooMany?.number == 3)
        #expect(handshakes.count == 3)
        // One that was broken off ends once more.
        handshakes.end(tickets[1])
        #expect(handshakes.count == 3)
    }

    @Test func whoHasSomethingToDoComesInTurn() {
        var handshakes = Handshakes<Client>(limit: 1)
        var (added, taken) = (0, 0)
        #expect(handshakes.isIdle && handshakes.next() == nil)
        for round in 0..<5_000 {
            for _ in 0..<(round % 3) {
                handshakes.add(Client(added))
                added += 1
            }
            if let client = handshakes.next() {
                #expect(client.number == taken)
                taken += 1
            }
        }
        while let client = handshakes.next() {
            #expect(client.number == taken)
            taken += 1
        }
        #expect(taken == added && handshakes.isIdle)
    }
}
