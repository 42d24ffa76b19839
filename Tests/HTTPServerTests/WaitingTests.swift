// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPServer
import Testing
import Threads

/// Requests that wait for their answers, and answers that wait for their clients.
@Suite(.serialized) struct WaitingTests {
    @Test func whatComesWhileARequestWaitsIsAnsweredBehindIt() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { handler.held.withLock { $0.count } == 1 })
            // More than is read at once, so that some of it stays in the socket.
            let padding = String(repeating: "p", count: 1_000)
            for number in 0..<60 {
                client.send("GET /echo HTTP/1.1\r\nHost: a\r\nX-Padding: \(padding)\(number)\r\n\r\n")
            }
            #expect(handler.heads.withLock { $0.count } == 1)
            handler.releaseAll("first")
            #expect(client.receiveAnswer()?.body == "first")
            #expect(eventually { handler.heads.withLock { $0.count } == 61 })
            let order = handler.heads.withLock {
                $0.dropFirst().compactMap { $0.fields["X-Padding"]?.drop { $0 == "p" } }
            }
            #expect(order.map { Int($0) } == Array(0..<60))
        }
    }

    @Test func thousandsThatWaitCostOthersNothing() throws {
        try withServer { server, handler in
            let waiting = try (0..<500).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in waiting { client.close() } }
            for client in waiting { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { handler.held.withLock { $0.count } == 500 })
            let other = try RawClient(port: server.boundPort)
            defer { other.close() }
            for _ in 0..<200 {
                other.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(other.receiveAnswer()?.status == 200)
            }
            handler.releaseAll("late")
            for client in waiting { #expect(client.receiveAnswer()?.body == "late") }
            #expect(server.statistics.requestsInFlight == 0)
        }
    }

    /// An answer is given up when its client has taken nothing of it for 300 to 600 ms.
    private var impatient: HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration()
        configuration.idleTimeout = .milliseconds(150)
        configuration.readTimeout = .milliseconds(150)
        return configuration
    }

    @Test func anAnswerOfWhichNothingIsTakenIsGivenUp() throws {
        try withServer(impatient) { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for _ in 0..<4 { client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { server.statistics.connections == 1 })
            #expect(eventually { server.statistics.connections == 0 })
        }
    }

    @Test func anAnswerThatIsTakenSlowlyIsSentToItsEnd() throws {
        try withServer(impatient) { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for _ in 0..<4 { client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n") }
            let start = Moment.now
            var count = 0
            while count < 12_000_000, let some = client.receive(), !some.isEmpty {
                count += some.count
                // Slow: that is the client's behaviour, and nothing is waited for.
                usleep(8_000)
            }
            #expect(count > 12_000_000)
            #expect(Moment.now - start > .milliseconds(700))
        }
    }
}
