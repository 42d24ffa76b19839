// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing
import Threads

/// Clients that go while their requests wait.
@Suite(.serialized) struct DepartureTests {
    private func begin(_ path: String, version: String = "1.1", _ server: HTTPServer, _ handler: TestHandler) throws
        -> RawClient
    {
        let client = try RawClient(port: server.boundPort)
        client.send("GET \(path) HTTP/\(version)\r\nHost: a\r\n\r\n")
        #expect(eventually { handler.held.withLock { $0.count } == 1 })
        return client
    }

    @Test(arguments: [("/told", "told 1 2"), ("/acted", "acted"), ("/never", nil)], [true, false])
    func aClientThatClosesIsNoticedWithinASecond(kind: (path: String, departure: String?), resets: Bool) throws {
        try withServer { server, handler in
            let client = try begin(kind.path, server, handler)
            let start = Moment.now
            if resets { client.reset() } else { client.close() }
            #expect(eventually { server.statistics.connections == 0 && server.statistics.requestsInFlight == 0 })
            #expect(Moment.now - start < .seconds(1))
            #expect(handler.departures.withLock { $0 } == [kind.departure].compactMap { $0 })
            // Nobody is there for it.
            handler.releaseAll("late")
            try #expect(server.isServing())
        }
    }

    @Test(arguments: ["1.1", "1.0"]) func aClientThatHasOnlyEndedItsSideIsAnswered(version: String) throws {
        try withServer { server, handler in
            let client = try begin("/told", version: version, server, handler)
            defer { client.close() }
            client.endSending()
            if version == "1.1" {
                // It is asked whether it still reads.
                #expect(client.receive(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            } else {
                // Longer than it takes to notice.
                let other = try RawClient(port: server.boundPort)
                other.send("GET /acted HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(eventually { handler.held.withLock { $0.count } == 2 })
                other.close()
                #expect(eventually { !handler.departures.withLock { $0.isEmpty } })
            }
            handler.releaseAll("late")
            #expect(client.receiveAnswer()?.body == "late")
            #expect(handler.departures.withLock { $0.filter { $0 != "acted" } } == [])
        }
    }

    @Test func aClientThatEndsItsSideAndThenClosesIsNoticed() throws {
        try withServer { server, handler in
            let client = try begin("/told", server, handler)
            client.endSending()
            #expect(client.receive(upTo: "\r\n\r\n") != nil)
            client.close()
            // Its kernel says so when it is asked the next time, at the answer at the latest.
            handler.releaseAll("late")
            #expect(eventually { server.statistics.connections == 0 })
        }
    }

    @Test func aThousandThatGoTogetherAreAllNoticed() throws {
        try withServer { server, handler in
            let clients = try (0..<1_000).map { _ in try RawClient(port: server.boundPort) }
            for client in clients { client.send("GET /told HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { handler.held.withLock { $0.count } == 1_000 })
            for client in clients { client.close() }
            #expect(eventually { server.statistics.connections == 0 })
            #expect(handler.departures.withLock { $0.count } == 1_000)
            try #expect(server.isServing())
        }
    }

    @Test func aServerStopsWithClientsThatHaveGone() throws {
        try withServer { server, handler in
            for _ in 0..<20 { try RawClient(port: server.boundPort).leave("/never") }
            #expect(eventually { handler.held.withLock { $0.count } == 20 })
            server.shutdown(deadline: .now)
        }
    }
}

extension RawClient {
    fileprivate func leave(_ path: String) {
        send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        close()
    }
}
