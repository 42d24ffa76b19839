// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import HTTPServer

/// Who loses their place for whom.
struct SharedPlacesTests {
    /// The same, found by looking at everything.
    private struct Plain {
        let capacity: Int
        /// In the order in which they came.
        var holders: [(number: Int, client: String)] = []
        /// When a client came to have as many as it has.
        var since: [String: Int] = [:]
        var changes = 0

        func count(_ client: String) -> Int { holders.count { $0.client == client } }

        mutating func note(_ client: String) {
            changes += 1
            since[client] = changes
        }

        mutating func take(_ number: Int, _ client: String) -> Int? {
            var displaced: Int?
            if holders.count >= capacity {
                let most = holders.map { count($0.client) }.max() ?? 0
                let first = Set(holders.map(\.client)).filter { count($0) == most }
                    .min { since[$0, default: 0] < since[$1, default: 0] }
                let loser = most >= count(client) + 1 ? first : client
                displaced = holders.first { $0.client == loser }?.number
                if let displaced { giveBack(displaced) }
            }
            holders.append((number, client))
            note(client)
            return displaced
        }

        mutating func giveBack(_ number: Int) {
            guard let index = holders.firstIndex(where: { $0.number == number }) else { return }
            note(holders.remove(at: index).client)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func placesAreSharedAsThePlainReadingHasIt(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let capacity = Int(seed % 7) + 1
        var places = SharedPlaces<Int>(capacity: capacity)
        var plain = Plain(capacity: capacity)
        var tickets: [Int: SharedPlaces<Int>.Ticket] = [:]
        for number in 0..<400 {
            if Int.random(in: 0..<3, using: &random) > 0 {
                // Some clients come more often than others.
                let client = "\(min(Int.random(in: 0..<6, using: &random), Int.random(in: 0..<6, using: &random)))"
                let (ticket, displaced) = places.take(number, for: client)
                let expected = plain.take(number, client)
                #expect(displaced == expected)
                tickets[number] = ticket
            } else if let known = tickets.keys.sorted().randomElement(using: &random), let ticket = tickets[known] {
                let wasThere = plain.holders.contains { $0.number == known }
                let holder = places.giveBack(ticket)
                #expect(holder == (wasThere ? known : nil))
                plain.giveBack(known)
                tickets[known] = nil
            }
            #expect(places.count == plain.holders.count && places.count <= capacity)
        }
    }

    @Test func thoseThatHaveEndedGoTogether() {
        var places = SharedPlaces<Int>(capacity: 8)
        for number in 0..<8 { _ = places.take(number, for: number < 6 ? "a" : "b") }
        places.removeAll { $0.isMultiple(of: 2) }
        #expect(places.count == 4)
        for number in 8..<12 { #expect(places.take(number, for: "b").displaced == nil) }
        // Now "b" has five and "a" three.
        #expect(places.take(12, for: "a").displaced == 7)
        // Both have four, "b" since before "a".
        #expect(places.take(13, for: "c").displaced == 8)
        places.removeAll { _ in true }
        #expect(places.count == 0)
    }
}
