// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Names
import SeededRandom
import Testing
import Threads

@testable import RabbitDriver

struct ChannelAllocatorTests {
    private typealias Allocator = ChannelAllocator<Int>
    private let now = Moment.now
    private let home = PublishRoute(declaring: ExchangeDeclaration(name: "openstack"))

    private func guest(_ number: Int) -> PublishRoute {
        PublishRoute(declaring: ExchangeDeclaration(name: "guest-\(number)"))
    }

    private func load(_ route: PublishRoute, bytes: Int = 10, isOwnForm: Bool = true) -> Allocator.Load {
        Allocator.Load(route: route, bytes: bytes, isOwnForm: isOwnForm)
    }

    /// An allocator on which messages of up to 100 bytes, and the home route, are proven.
    private func proven(channels: Int = 4) -> Allocator {
        var allocator = Allocator(channels: channels, homes: [home, .defaultExchange])
        for bytes in [100, 10] {
            guard case .send(let ticket) = allocator.admit(0, load(home, bytes: bytes), now: now) else {
                Issue.record("the first message waits")
                continue
            }
            _ = allocator.settle(ticket, .taken, now: now)
        }
        return allocator
    }

    private func ticket(_ admission: Allocator.Admission) throws -> Allocator.Ticket {
        guard case .send(let ticket) = admission else { throw Waits() }
        return ticket
    }

    private struct Waits: Error {}

    @Test func aSizeIsProvenAloneAndThenARoute() throws {
        var allocator = Allocator(channels: 4, homes: [home, .defaultExchange])
        let first = try ticket(allocator.admit(1, load(home), now: now))
        #expect(first == Allocator.Ticket(channel: 3, bytes: 10, isAlone: true, isHome: false, isTrial: true))
        _ = allocator.settle(first, .taken, now: now)
        let second = try ticket(allocator.admit(2, load(home), now: now))
        #expect(second == Allocator.Ticket(channel: 1, bytes: 10, isAlone: false, isHome: true, isTrial: true))
        let third = allocator.admit(3, load(home), now: now)
        #expect(third == .wait, "the route is not proven yet")
        let dispatches = allocator.settle(second, .taken, now: now)
        #expect(dispatches.map(\.item) == [3])
        for number in 4..<100 {
            let ticket = try ticket(allocator.admit(number, load(home), now: now))
            #expect(ticket.channel == 1 && ticket.isHome && !ticket.isTrial)
        }
    }

    @Test func withFewChannelsNobodyIsAtHome() throws {
        var allocator = Allocator(channels: 2, homes: [home, .defaultExchange])
        for number in 0..<3 {
            let ticket = try ticket(allocator.admit(number, load(home), now: now))
            #expect(!ticket.isHome)
            _ = allocator.settle(ticket, .taken, now: now)
        }
    }

    @Test func manyFirstMessagesOfOneSizeNeedOneProof() throws {
        var allocator = Allocator(channels: 4, homes: [home, .defaultExchange])
        let admissions = (0..<100).map { allocator.admit($0, load(home), now: now) }
        let sent = admissions.compactMap { if case .send(let ticket) = $0 { ticket } else { nil } }
        #expect(sent.count == 2 && sent.allSatisfy(\.isAlone), "two guests' channels, one message each")
        let next = allocator.settle(sent[0], .taken, now: now)
        #expect(next.count == 1 && !next[0].ticket.isAlone, "the first of the route itself")
        let rest = allocator.settle(next[0].ticket, .taken, now: now)
        #expect(rest.count == 97)
        #expect(rest.allSatisfy { $0.ticket.channel == 1 })
        #expect(allocator.waitingCount == 0)
    }

    @Test func guestsNeverTouchTheHomes() throws {
        var allocator = proven()
        for number in 0..<50 { _ = allocator.admit(number, load(guest(number)), now: now) }
        for number in 50..<60 { #expect(try ticket(allocator.admit(number, load(home), now: now)).channel == 1) }
    }

    @Test func aRefusedRouteIsTriedOneMessageAtATime() throws {
        var allocator = proven()
        let trial = try ticket(allocator.admit(1, load(guest(0)), now: now))
        for number in 2..<5 { #expect(allocator.admit(number, load(guest(0)), now: now) == .wait) }
        let second = allocator.settle(trial, .refused, now: now)
        #expect(second.map(\.item) == [2])
        let rest = allocator.settle(second[0].ticket, .taken, now: now)
        #expect(rest.map(\.item) == [3, 4])
    }

    @Test func aRouteThatIsRefusedAfterAllHasToBeProvenAgain() throws {
        var allocator = proven()
        let tickets = try (0..<3).map { try ticket(allocator.admit($0, load(home), now: now)) }
        for ticket in tickets { #expect(allocator.settle(ticket, .refused, now: now).isEmpty) }
        // Shared messages may have been refused for their size: that is proven first, alone.
        let size = try ticket(allocator.admit(3, load(home), now: now))
        #expect(size.isAlone)
        _ = allocator.settle(size, .taken, now: now)
        #expect(try ticket(allocator.admit(4, load(home), now: now)).channel == 1)
        #expect(allocator.admit(5, load(home), now: now) == .wait)
    }

    @Test func aCallersFormIsAlwaysAlone() throws {
        var allocator = proven()
        let first = try ticket(allocator.admit(1, load(guest(0), isOwnForm: false), now: now))
        let second = try ticket(allocator.admit(2, load(guest(0), isOwnForm: false), now: now))
        #expect(first.isAlone && second.isAlone && first.channel != second.channel)
        #expect(allocator.admit(3, load(guest(0), isOwnForm: false), now: now) == .wait)
        #expect(allocator.settle(first, .refused, now: now).map(\.item) == [3])
    }

    @Test func aSizeThatWasRefusedIsRefusedHereForAWhile() throws {
        var allocator = proven()
        let large = try ticket(allocator.admit(1, load(home, bytes: 5_000), now: now))
        #expect(large.isAlone)
        _ = allocator.settle(large, .tooLarge, now: now)
        #expect(allocator.admit(2, load(home, bytes: 5_000), now: now) == .refuse(.tooLarge(limit: 5_000)))
        #expect(allocator.admit(3, load(guest(1), bytes: 9_000), now: now) == .refuse(.tooLarge(limit: 5_000)))
        #expect(try ticket(allocator.admit(4, load(home, bytes: 4_999), now: now)).isAlone)
        let later = now + .seconds(61)
        #expect(try ticket(allocator.admit(5, load(home, bytes: 5_000), now: later)).isAlone)
        #expect(try ticket(allocator.admit(6, load(home, bytes: 100), now: now)).channel == 1, "nobody else is touched")
    }

    @Test func aBusyGuestGivesItsChannelUpToThoseWhoWait() throws {
        var allocator = proven(channels: 3)
        var tickets = [try ticket(allocator.admit(0, load(guest(0)), now: now))]
        _ = allocator.settle(tickets.removeFirst(), .taken, now: now)
        for number in 1...64 { tickets.append(try ticket(allocator.admit(number, load(guest(0)), now: now))) }
        #expect(allocator.admit(1_000, load(guest(1)), now: now) == .wait)
        // One turn at the most, then the others.
        var admitted = 0
        while case .send(let ticket) = allocator.admit(2_000 + admitted, load(guest(0)), now: now) {
            tickets.append(ticket)
            admitted += 1
            if admitted > 64 { break }
        }
        #expect(admitted <= 64)
        var dispatched: [Int] = []
        for ticket in tickets { dispatched += allocator.settle(ticket, .taken, now: now).map(\.item) }
        #expect(dispatched == [1_000])
    }

    @Test func whatWaitsIsBounded() throws {
        var limits = Allocator.Limits()
        limits.waiting = 10
        var allocator = Allocator(channels: 3, homes: [home, .defaultExchange], limits: limits)
        for number in 0..<11 { _ = allocator.admit(number, load(guest(number)), now: now) }
        #expect(allocator.admit(99, load(guest(99)), now: now) == .refuse(.full))
        #expect(allocator.removeAll().count == 10)
        #expect(allocator.waitingCount == 0 && allocator.waitingBytes == 0)
    }

    @Test func lookAlikeNamesAreDifferentRoutes() {
        let one = PublishRoute(declaring: ExchangeDeclaration(name: "a\u{e9}"))
        let other = PublishRoute(declaring: ExchangeDeclaration(name: "ae\u{301}"))
        #expect(one != other)
        let fanout = PublishRoute(declaring: ExchangeDeclaration(name: "x", type: "fanout"))
        #expect(fanout != PublishRoute(declaring: ExchangeDeclaration(name: "x")))
        #expect(one != one.unconfirmed && one.unconfirmed == one.unconfirmed)
    }

    /// Random traffic: nothing is lost or given out twice, a channel never carries two routes, and more than one message
    /// only of a route that was proven on it.
    @Test(arguments: 0..<200) func randomTrafficIsKeptApart(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var allocator = Allocator(channels: 5, homes: [home, .defaultExchange])
        let routes = [home, .defaultExchange] + (0..<8).map(guest)
        var loads: [Allocator.Load] = []
        var flying: [(item: Int, ticket: Allocator.Ticket)] = []
        var ended: Set<Int> = []
        func fly(_ item: Int, _ ticket: Allocator.Ticket) {
            let others = flying.filter { $0.ticket.channel == ticket.channel }
            #expect(others.allSatisfy { loads[$0.item].route == loads[item].route }, "two routes on one channel")
            #expect(others.isEmpty || !ticket.isAlone && others.allSatisfy { !$0.ticket.isAlone }, "not alone")
            #expect(!flying.contains { $0.item == item } && !ended.contains(item), "given out twice")
            flying.append((item, ticket))
        }
        func settleOne() {
            guard !flying.isEmpty else { return }
            let (item, ticket) = flying.remove(at: Int(random.next() % UInt64(flying.count)))
            ended.insert(item)
            let isRefused = random.next() % 5 == 0
            let dispatches = allocator.settle(ticket, isRefused ? .refused : .taken, now: now)
            for dispatch in dispatches { fly(dispatch.item, dispatch.ticket) }
        }
        for number in 0..<400 {
            let route = routes[Int(random.next() % UInt64(routes.count))]
            let bytes = Int(random.next() % 50)
            loads.append(load(route, bytes: bytes, isOwnForm: random.next() % 4 != 0))
            if case .send(let ticket) = allocator.admit(number, loads[number], now: now) { fly(number, ticket) }
            if random.next() % 2 == 0 { settleOne() }
        }
        while !flying.isEmpty { settleOne() }
        #expect(ended.count == 400, "everything comes to its end")
        #expect(allocator.waitingCount == 0 && allocator.waitingBytes == 0)
    }
}
