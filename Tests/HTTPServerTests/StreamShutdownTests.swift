// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing
import Threads

@Suite(.serialized) struct StreamShutdownTests {
    private static let get = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func streamsEndAtOnceWhenTheServerBeginsToDrain() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(Self.get)
            let stream = try #require(handler.firstStream())
            _ = stream.write(Array("one".utf8))
            #expect(client.receive(upTo: "one\r\n") != nil)
            server.beginGracefulShutdown()
            #expect(client.receiveToEnd() == "0\r\n\r\n")
            #expect(eventually { handler.ends.withLock { $0 } == [.shuttingDown] })
            let isTaken = stream.write([1])
            #expect(!isTaken)
        }
    }

    @Test(arguments: [false, true]) func aServerStopsInTimeWithStreamsThatNobodyReads(isFull: Bool) throws {
        try withServer { server, handler in
            let clients = try (0..<5).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in clients { client.close() } }
            for client in clients { client.send(Self.get) }
            #expect(eventually { server.statistics.streams == 5 })
            if isFull {
                for stream in handler.streams.withLock({ $0 }) { fillUp(stream) }
            }
            let start = Moment.now
            server.shutdown(deadline: start + .milliseconds(100))
            #expect(Moment.now - start < .seconds(2))
            #expect(eventually { handler.ends.withLock { $0.count } == 5 })
            #expect(handler.ends.withLock { $0.allSatisfy { $0 == .shuttingDown } })
            #expect(server.statistics.connections == 0)
        }
    }

    @Test func aStreamThatIsBegunWhileDrainingEndsAfterItsHead() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { server.statistics.requestsInFlight == 1 })
            server.beginGracefulShutdown()
            for responder in handler.held.withLock({ $0 }) { handler.stream(responder) }
            #expect(client.receiveToEnd()?.hasSuffix("\r\n\r\n0\r\n\r\n") == true)
            #expect(eventually { handler.ends.withLock { $0 } == [.shuttingDown] })
        }
    }

    @Test func aStreamThatComesAfterTheEndOfTheServerIsToldSo() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { server.statistics.requestsInFlight == 1 })
            server.shutdown(deadline: .now)
            for responder in handler.held.withLock({ $0 }) { handler.stream(responder) }
            #expect(handler.ends.withLock { $0 } == [.refused])
        }
    }
}
