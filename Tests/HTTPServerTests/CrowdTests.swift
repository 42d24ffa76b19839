// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import Threads

@testable import HTTPServer

@Suite(.serialized) struct CrowdTests {
    // MARK: Values

    @Test func manyDescriptorsLeaveTheConfiguredNumber() {
        let places = ConnectionPlaces(maximum: 16_384, descriptors: 1 << 20, loops: 4)
        #expect(places.ordinary == 16_384)
        #expect(places.urgentPerLoop == 32 && places.lingeringPerLoop == 256)
    }

    @Test(arguments: [1, 2, 7, 16], [152, 400, 1_000, 16_384])
    func placesNeverTakeMoreThanThereAre(loops: Int, descriptors: Int) {
        let places = ConnectionPlaces(maximum: 16_384, descriptors: descriptors, loops: loops)
        #expect(places.urgentPerLoop >= 4 && places.lingeringPerLoop >= 4 && places.ordinary >= 1)
        #expect(places.ordinary + loops * (places.urgentPerLoop + places.lingeringPerLoop) <= descriptors)
    }

    @Test func whatIsAskedForIsEnoughForTheMaximum() {
        let descriptors = ConnectionPlaces.descriptors(for: 3_000, loops: 3)
        #expect(ConnectionPlaces(maximum: 3_000, descriptors: descriptors, loops: 3).ordinary == 3_000)
    }

    @Test func nothingIsReplacedWhileThereIsRoom() {
        #expect(Crowd(urgentPlaces: 0).step(isCrowded: false) == .serve)
    }

    @Test func idleConnectionsGoFirst() {
        #expect(Crowd(urgentPlaces: 1).step(isCrowded: true) == .replaceIdle)
    }

    @Test func descriptorsOfThoseThatLeaveAreWaitedFor() {
        var crowd = Crowd(urgentPlaces: 2)
        crowd.move(from: .ordinary, to: .leaving)
        #expect(crowd.step(isCrowded: true) == .replaceIdle)
        crowd.move(from: nil, to: .urgent)
        #expect(crowd.step(isCrowded: true) == .wait)
        crowd.move(from: .leaving, to: .closed)
        #expect(crowd.step(isCrowded: true) == .replaceIdle)
    }

    @Test func urgentPlacesAreTakenFromThoseWithoutARequest() {
        var crowd = Crowd(urgentPlaces: 1)
        crowd.move(from: nil, to: .urgent)
        #expect(crowd.step(isCrowded: true) == .replaceUrgent)
        crowd.move(from: .urgent, to: .ordinary)
        #expect(crowd.step(isCrowded: true) == .replaceIdle)
    }

    @Test func theAddressWithTheMostConnectionsMakesRoomFirst() {
        let idle: [(client: String, since: UInt64)] = [("few", 1), ("many", 5), ("many", 3), ("many", 4), ("some", 2)]
        let order = MakingRoom.order(idle, counts: ["few": 1, "many": 4, "some": 2])
        #expect(order.map(\.index) == [2, 3, 4, 1, 0])
        #expect(order.map(\.rank.level) == [4, 3, 2, 2, 1])
    }

    @Test func busyConnectionsCountToo() {
        let order = MakingRoom.order([("a", 1), ("busy", 2)], counts: ["a": 2, "busy": 9])
        #expect(order.map(\.index) == [1, 0])
    }

    @Test func roomIsMadeForThoseWithFewerConnectionsAndForTheSameAddress() {
        let rank = MakingRoom.Rank(client: "a", level: 2)
        #expect(rank.makesRoom(for: "b", count: 1) && rank.makesRoom(for: "b", count: 2))
        #expect(!rank.makesRoom(for: "b", count: 3))
        #expect(rank.makesRoom(for: "a", count: 100))
    }

    @Test func aShortageIsToldOnceAndItsEndWhenItHasEnded() {
        let counters = ServerCounters(maximumConnections: 1, maximumConnectionsPerAddress: 0)
        #expect(!counters.becomeRoomy(now: 50_000))
        #expect(counters.becomeShort(now: 100_000))
        #expect(!counters.becomeShort(now: 105_000))
        #expect(!counters.becomeRoomy(now: 114_999))
        #expect(counters.becomeRoomy(now: 115_000))
        #expect(!counters.becomeRoomy(now: 200_000))
        #expect(counters.becomeShort(now: 200_000))
    }

    @Test func whoWantsManyPlacesLeavesOthersTheirWish() {
        let counters = ServerCounters(maximumConnections: 1, maximumConnectionsPerAddress: 0)
        counters.want(Array(repeating: "many", count: 100))
        counters.want(["few"])
        counters.want(Array(repeating: "many", count: 100))
        let wanted = counters.takeWanted()
        #expect(wanted.count == 64 && wanted.count { $0 == "few" } == 1)
        #expect(counters.takeWanted().isEmpty)
        counters.want(["few", "many", "few"])
        #expect(counters.takeWanted() == ["few", "many", "few"])
    }

    // MARK: A server

    /// Runs with a server of two ordinary places, both of which are taken by requests that are not answered.
    private func withCrowdedServer(loops: Int = 1, _ body: (HTTPServer, TestHandler, [RawClient]) throws -> Void) throws
    {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 2
        configuration.loopCount = loops
        try withServer(configuration) { server, handler in
            let clients = [try RawClient(port: server.boundPort), try RawClient(port: server.boundPort)]
            defer { for client in clients { client.close() } }
            for client in clients { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { server.statistics.requestsInFlight == 2 })
            try body(server, handler, clients)
        }
    }

    @Test func aRequestOverTheLimitIsAnswered503() throws {
        try withCrowdedServer { server, handler, clients in
            let third = try RawClient(port: server.boundPort)
            defer { third.close() }
            third.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
            let answer = third.receiveToEnd()
            #expect(answer?.hasPrefix("HTTP/1.1 503 ") == true)
            #expect(answer?.contains("Connection: close\r\n") == true)
            #expect(server.statistics.refusedConnections == 1)
            #expect(handler.heads.withLock { $0.count } == 2)
            handler.releaseAll("late")
            clients[0].endSending()
            #expect(clients[1].receiveAnswer()?.body == "late")
            #expect(eventually { server.statistics.connections == 1 })
            try #expect(server.isServing())
        }
    }

    @Test func anUrgentRequestOverTheLimitIsAnswered() throws {
        try withCrowdedServer { server, _, _ in
            for _ in 0..<100 {
                let client = try RawClient(port: server.boundPort)
                defer { client.close() }
                client.send("GET /urgent HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = client.receiveToEnd()
                #expect(answer?.hasPrefix("HTTP/1.1 200 ") == true)
                #expect(answer?.contains("Connection: close\r\n") == true)
            }
            #expect(server.statistics.refusedConnections == 0)
        }
    }

    @Test(arguments: [1, 3], ["", "GET /urgent HTTP/1.1\r\nHost: a"])
    func connectionsThatSayNothingLeavePlacesForUrgentRequests(loops: Int, start: String) throws {
        try withCrowdedServer(loops: loops) { server, _, _ in
            var silent: [RawClient] = []
            defer { for client in silent { client.close() } }
            for _ in 0..<200 {
                silent.append(try RawClient(port: server.boundPort))
                silent.last?.send(start)
            }
            for _ in 0..<10 {
                let client = try RawClient(port: server.boundPort)
                defer { client.close() }
                client.send("GET /urgent HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client.receiveAnswer()?.status == 200)
            }
            #expect(server.statistics.connections <= 2 + 32 * loops)
        }
    }

    @Test(arguments: ["", "GET /urgent HTTP/1.1\r\nHost: a"])
    func aFloodOfOneClientLeavesASlowProbeItsPlace(start: String) throws {
        try withCrowdedServer { server, _, _ in
            let probe = try RawClient(port: server.boundPort, from: 0x7F00_0002)
            defer { probe.close() }
            probe.send("GET /urgent HTTP/1.1\r\n")
            var flood: [RawClient] = []
            defer { for client in flood { client.close() } }
            for _ in 0..<200 {
                flood.append(try RawClient(port: server.boundPort))
                flood.last?.send(start)
            }
            // All but the last ones have made room for others.
            for client in flood.prefix(150) { #expect(client.receiveToEnd() != nil) }
            probe.send("Host: a\r\n\r\n")
            #expect(probe.receiveAnswer()?.status == 200)
        }
    }

    @Test func theConnectionThatWasIdleLongestMakesRoom() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 2
        try withServer(configuration) { server, _ in
            let clients = [try RawClient(port: server.boundPort), try RawClient(port: server.boundPort)]
            defer { for client in clients { client.close() } }
            for client in clients.reversed() {
                client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client.receiveAnswer()?.status == 200)
                // Their times are to differ.
                let before = Moment.now.milliseconds
                #expect(eventually { Moment.now.milliseconds > before + 2 })
            }
            try #expect(server.isServing())
            #expect(clients[1].receiveToEnd() == "")
            #expect(server.statistics.replacedConnections == 1)
            clients[0].send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(clients[0].receiveAnswer()?.status == 200)
        }
    }

    @Test func manyConnectionsOfOneClientCostOthersNone() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 8
        try withServer(configuration) { server, _ in
            func client(_ source: UInt32) throws -> RawClient {
                let client = try RawClient(port: server.boundPort, from: source)
                client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client.receiveAnswer()?.status == 200)
                return client
            }
            let quiet = [try client(0x7F00_0002), try client(0x7F00_0003)]
            defer { for client in quiet { client.close() } }
            var greedy: [RawClient] = []
            defer { for client in greedy { client.close() } }
            for _ in 0..<40 { greedy.append(try client(0x7F00_0001)) }
            #expect(server.statistics.replacedConnections >= 34)
            // They were idle longer than all of the other's, and are there still.
            for client in quiet {
                client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client.receiveAnswer()?.status == 200)
            }
        }
    }

    @Test(arguments: [1, 2])
    func busyConnectionsOfOneClientCostOthersNone(loops: Int) throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 4
        configuration.loopCount = loops
        try withServer(configuration) { server, handler in
            let quiet = try RawClient(port: server.boundPort, from: 0x7F00_0002)
            defer { quiet.close() }
            quiet.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(quiet.receiveAnswer()?.status == 200)
            let busy = try (0..<3).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in busy { client.close() } }
            for client in busy { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { server.statistics.requestsInFlight == 3 })
            for _ in 0..<3 {
                let more = try RawClient(port: server.boundPort)
                defer { more.close() }
                more.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(more.receiveAnswer()?.status == 503)
            }
            #expect(server.statistics.replacedConnections == 0)
            quiet.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(quiet.receiveAnswer()?.status == 200)
            // Another client has its place at the cost of none that is busy.
            let other = try RawClient(port: server.boundPort, from: 0x7F00_0003)
            defer { other.close() }
            handler.releaseAll("late")
            for client in busy { #expect(client.receiveAnswer()?.body == "late") }
        }
    }

    @Test func aRequestThatHasArrivedKeepsItsConnection() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 2
        try withServer(configuration) { server, _ in
            for _ in 0..<50 {
                #expect(eventually { server.statistics.connections == 0 })
                let clients = [try RawClient(port: server.boundPort), try RawClient(port: server.boundPort)]
                defer { for client in clients { client.close() } }
                for client in clients {
                    client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(client.receiveAnswer()?.status == 200)
                }
                // All three are at the server before it can look at the first.
                for client in clients { client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n") }
                let third = try RawClient(port: server.boundPort)
                defer { third.close() }
                for client in clients { #expect(client.receiveAnswer()?.status == 200) }
            }
        }
    }

    @Test func whoWantedAPlaceAndHasGoneCostsNobodyTheirs() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 2
        configuration.readTimeout = .seconds(1)
        try withServer(configuration) { server, handler in
            let clients = try (0..<2).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in clients { client.close() } }
            for client in clients { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { server.statistics.requestsInFlight == 2 })
            let third = try RawClient(port: server.boundPort)
            third.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(third.receiveAnswer()?.status == 503)
            third.close()
            #expect(eventually { server.statistics.connections == 2 })
            handler.releaseAll("late")
            for client in clients { #expect(client.receiveAnswer()?.body == "late") }
            // Three sweeps.
            let end = Moment.now + .milliseconds(300)
            while server.statistics.replacedConnections == 0, .now < end { usleep(2_000) }
            #expect(server.statistics.replacedConnections == 0)
            for client in clients {
                client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client.receiveAnswer()?.status == 200)
            }
        }
    }

    @Test func silentConnectionsMakeRoomForCallsAtOnce() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 16
        try withServer(configuration) { server, _ in
            let silent = try (0..<100).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in silent { client.close() } }
            try #expect(server.isServing())
            #expect(silent[0].receiveToEnd()?.hasPrefix("HTTP/1.1 503 ") == true)
        }
    }

    @Test func aConnectionBecomesOrdinaryWhenOthersHaveGone() throws {
        try withCrowdedServer { server, handler, clients in
            let third = try RawClient(port: server.boundPort)
            defer { third.close() }
            #expect(eventually { server.statistics.connections == 3 })
            handler.releaseAll("late")
            for client in clients {
                #expect(client.receiveAnswer()?.body == "late")
                client.endSending()
            }
            #expect(eventually { server.statistics.connections < 3 })
            for _ in 0..<2 {
                third.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(third.receiveAnswer()?.status == 200)
            }
        }
    }
}
