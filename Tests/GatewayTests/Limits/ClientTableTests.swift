// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing
import Threads

@testable import Gateway

struct ClientTableTests {
    private func limits(rate: Int = 0, burst: Int = 0, inFlight: Int = 0) -> ClientLimitConfiguration {
        var limits = ClientLimitConfiguration()
        (limits.rate, limits.burst, limits.inFlight) = (rate, burst, inFlight)
        return limits
    }

    private func at(milliseconds: Int) -> Moment {
        Moment(nanoseconds: 5_000_000_000 + Int64(milliseconds) * 1_000_000)
    }

    /// How many of some requests at one moment are let in.
    private func admitted(
        _ table: inout ClientTable,
        _ count: Int,
        _ limits: ClientLimitConfiguration,
        _ now: Moment,
        client: Int = 7
    ) -> Int {
        (0..<count).count { _ in (try? table.begin(client, limits, stays: false, now: now)) != nil }
    }

    @Test func aBurstThenTheRate() {
        var table = ClientTable(sets: 4)
        let limits = limits(rate: 10, burst: 20)
        #expect(admitted(&table, 100, limits, at(milliseconds: 0)) == 20)
        #expect(admitted(&table, 100, limits, at(milliseconds: 99)) == 0)
        #expect(admitted(&table, 100, limits, at(milliseconds: 100)) == 1)
        #expect(admitted(&table, 100, limits, at(milliseconds: 1_100)) == 10)
        #expect(admitted(&table, 100, limits, at(milliseconds: 60_000)) == 20)
        // Another client has its own.
        #expect(admitted(&table, 100, limits, at(milliseconds: 60_000), client: 8) == 20)
    }

    @Test func withoutABurstItIsASecondsWorth() {
        var table = ClientTable(sets: 4)
        #expect(admitted(&table, 100, limits(rate: 3), at(milliseconds: 0)) == 3)
    }

    @Test func whatIsLeftIsTold() throws {
        var table = ClientTable(sets: 4)
        let limits = limits(rate: 10, burst: 3)
        let told = try (0..<3).map { _ in try table.begin(1, limits, stays: false, now: at(milliseconds: 0)) }
        #expect(told.map(\.remaining) == [2, 1, 0])
        #expect(told.map(\.untilFull) == [100_000_000, 200_000_000, 300_000_000])
        #expect(throws: ClientTable.Refusal.rate(wait: 100_000_000)) {
            try table.begin(1, limits, stays: false, now: at(milliseconds: 0))
        }
        #expect(table.refusal(of: 1, limits, now: at(milliseconds: 40)) == .rate(wait: 60_000_000))
        #expect(table.refusal(of: 1, limits, now: at(milliseconds: 100)) == nil)
        #expect(table.refusal(of: 2, limits, now: at(milliseconds: 40)) == nil)
    }

    @Test func requestsUnderWayAreCounted() throws {
        var table = ClientTable(sets: 4)
        let limits = limits(inFlight: 2)
        let first = try table.begin(1, limits, stays: true, now: at(milliseconds: 0))
        _ = try table.begin(1, limits, stays: true, now: at(milliseconds: 0))
        #expect(throws: ClientTable.Refusal.inFlight) {
            try table.begin(1, limits, stays: true, now: at(milliseconds: 1_000_000))
        }
        _ = try table.begin(2, limits, stays: true, now: at(milliseconds: 0))
        table.end(first)
        _ = try table.begin(1, limits, stays: true, now: at(milliseconds: 0))
        #expect(first.remaining == nil)
    }

    @Test func aRefusalTakesNothing() throws {
        var table = ClientTable(sets: 4)
        let both = limits(rate: 10, burst: 10, inFlight: 1)
        let first = try table.begin(1, both, stays: true, now: at(milliseconds: 0))
        for _ in 0..<50 {
            #expect(throws: ClientTable.Refusal.inFlight) {
                try table.begin(1, both, stays: true, now: at(milliseconds: 0))
            }
        }
        table.end(first)
        #expect(try table.begin(1, both, stays: true, now: at(milliseconds: 0)).remaining == 8)
    }

    @Test func otherLimitsLeaveNobodyWaitingForTheOldOnes() {
        var table = ClientTable(sets: 4)
        #expect(admitted(&table, 10_000, limits(rate: 1, burst: 3_600), at(milliseconds: 0)) == 3_600)
        let wider = limits(rate: 100, burst: 100)
        #expect(admitted(&table, 1_000, wider, at(milliseconds: 0)) == 0)
        #expect(admitted(&table, 1_000, wider, at(milliseconds: 500)) == 50)
    }

    /// The limits as one would write them without a thought for memory.
    private struct Reference {
        struct Client {
            /// In thousandths.
            var tokens: Int64
            var seen: Int64
            var inFlight = 0
        }

        var clients: [Int: Client] = [:]

        func admits(_ number: Int, _ limits: ClientLimitConfiguration, _ now: Int64) -> Bool {
            guard let client = clients[number] else { return true }
            if limits.inFlight > 0, client.inFlight >= limits.inFlight { return false }
            return limits.rate == 0 || tokens(client, limits, now) >= 1_000
        }

        /// A thousandth for each millisecond and request a second.
        func tokens(_ client: Client, _ limits: ClientLimitConfiguration, _ now: Int64) -> Int64 {
            min(Int64(limits.capacity) * 1_000, client.tokens + (now - client.seen) / 1_000_000 * Int64(limits.rate))
        }

        mutating func begin(_ number: Int, _ limits: ClientLimitConfiguration, _ now: Int64, stays: Bool) {
            var client = clients[number] ?? Client(tokens: Int64(limits.capacity) * 1_000, seen: now)
            client.tokens = tokens(client, limits, now) - 1_000
            client.seen = now
            if stays { client.inFlight += 1 }
            clients[number] = client
        }
    }

    /// Runs the same random requests through both, and tells how often they differed; the table may be the stricter one only.
    private func differences(seed: UInt64, clients: Int, sets: Int) -> (stricter: Int, looser: Int, refused: Int) {
        var random = SeededRandom(seed: seed)
        let rate = [1, 2, 4, 5, 10, 100, 500].randomElement(using: &random) ?? 1
        let limits = limits(
            rate: rate,
            burst: .random(in: 0...8, using: &random),
            inFlight: .random(in: 0...3, using: &random)
        )
        var (table, reference) = (ClientTable(sets: sets), Reference())
        var underWay: [(client: Int, grant: ClientTable.Grant)] = []
        var result = (stricter: 0, looser: 0, refused: 0)
        var time = 0
        for _ in 0..<2_000 {
            if Int.random(in: 0..<4, using: &random) == 0 { time += .random(in: 0...(3_000 / rate), using: &random) }
            let now = at(milliseconds: time)
            if Int.random(in: 0..<3, using: &random) == 0, !underWay.isEmpty {
                let ended = underWay.remove(at: .random(in: underWay.indices, using: &random))
                table.end(ended.grant)
                reference.clients[ended.client]?.inFlight -= 1
                continue
            }
            let client = Int.random(in: 0..<clients, using: &random) &* 0x9E37_79B9
            let expected = reference.admits(client, limits, now.nanoseconds)
            let stays = limits.inFlight > 0
            let refusal = table.refusal(of: client, limits, now: now)
            let grant = try? table.begin(client, limits, stays: stays, now: now)
            #expect((refusal == nil) == (grant != nil))
            if grant == nil { result.refused += 1 }
            if grant == nil, expected { result.stricter += 1 }
            if grant != nil, !expected { result.looser += 1 }
            // What the table let in has been used up; what it refused has not.
            guard let grant else { continue }
            reference.begin(client, limits, now.nanoseconds, stays: stays)
            if stays { underWay.append((client, grant)) }
        }
        return result
    }

    @Test func fewClientsHaveExactlyTheirLimits() {
        let found = (0..<60).map { differences(seed: $0, clients: 8, sets: 1) }
        #expect(found.allSatisfy { $0.stricter == 0 && $0.looser == 0 })
        #expect(found.count { $0.refused > 100 } > 30)
    }

    @Test func howeverManyThereAreNobodyHasMore() {
        let found = (0..<60).map { differences(seed: $0, clients: 200, sets: 1) }
        #expect(found.allSatisfy { $0.looser == 0 })
        #expect(found.count { $0.stricter > 0 } > 10)
    }

    @Test func aFloodFreesNobodyAndBlocksNobodyWhoWasThere() throws {
        var table = ClientTable(sets: 64)
        let limits = limits(rate: 1, burst: 10)
        #expect(admitted(&table, 100, limits, at(milliseconds: 0), client: 77) == 10)
        _ = try table.begin(78, limits, stays: false, now: at(milliseconds: 0))
        for other in 1_000..<101_000 { _ = try? table.begin(other, limits, stays: false, now: at(milliseconds: 0)) }
        #expect(admitted(&table, 100, limits, at(milliseconds: 0), client: 77) == 0)
        #expect(admitted(&table, 100, limits, at(milliseconds: 0), client: 78) == 9)
        // The flood is over when what it has used up has come back.
        #expect(admitted(&table, 100, limits, at(milliseconds: 11_000), client: 5) == 10)
    }
}
