// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing
import Threads

@Suite(.serialized) struct LimitTests {
    @Test func oneAddressCannotTakeAllConnections() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnectionsPerAddress = 1
        try withServer(configuration) { server, _ in
            let first = try RawClient(port: server.boundPort)
            #expect(eventually { server.statistics.connections == 1 })
            let second = try RawClient(port: server.boundPort)
            defer { second.close() }
            second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(second.receiveToEnd()?.hasPrefix("HTTP/1.1 503 ") == true)
            first.close()
            #expect(eventually { server.statistics.connections == 0 })
            try #expect(server.isServing())
        }
    }

    @Test func bodiesThatArriveTogetherAreBounded() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumBodyBytes = 1_000
        configuration.maximumArrivingBodyBytes = 1_500
        try withServer(configuration) { server, _ in
            let start =
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "a", count: 999)
            let first = try RawClient(port: server.boundPort)
            defer { first.close() }
            first.send(start)
            #expect(eventually { server.statistics.arrivingBodyBytes == 999 })
            let second = try RawClient(port: server.boundPort)
            defer { second.close() }
            second.send(start)
            #expect(second.receiveToEnd()?.hasPrefix("HTTP/1.1 503 ") == true)
            first.send("a")
            #expect(first.receiveAnswer()?.status == 200)
            try #expect(server.isServing())
        }
    }

    /// What a client sends behind a request that waits is not taken from what others' bodies may take.
    @Test func whatIsSentBehindAWaitingRequestTakesNoRoomFromOthers() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumHeadBytes = 4_096
        configuration.maximumBodyBytes = 20_000
        configuration.maximumArrivingBodyBytes = 4_096 + 20_000
        try withServer(configuration) { server, handler in
            let hostile = try RawClient(port: server.boundPort)
            defer { hostile.close() }
            let body = String(repeating: "b", count: 10_000)
            hostile.send("POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + body)
            hostile.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 5_000))
            #expect(eventually { handler.held.withLock { $0.count } == 1 })
            #expect(server.statistics.arrivingBodyBytes <= 4_096)
            let victim = try RawClient(port: server.boundPort)
            defer { victim.close() }
            victim.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n")
            victim.send(String(repeating: "v", count: 20_000))
            #expect(victim.receiveAnswer()?.status == 200)
        }
    }

    @Test func aHeadThatFitsIsAnswered() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /echo HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 8_000))\r\n\r\n")
            #expect(client.receiveAnswer()?.status == 200)
            #expect(handler.heads.withLock { $0.last?.fields["x"]?.utf8.count } == 8_000)
        }
    }

    @Test func aRequestThatTricklesInIsAnswered408() throws {
        var configuration = HTTPServerConfiguration()
        configuration.readTimeout = .milliseconds(300)
        try withServer(configuration) { server, _ in
            for start in [
                "", "GET", "GET / HTTP/1.1\r\n", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
            ] {
                let client = try RawClient(port: server.boundPort)
                defer { client.close() }
                client.send(start)
                #expect(client.receiveToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
            }
            try #expect(server.isServing())
            #expect(eventually { server.statistics.connections == 0 })
        }
    }

    @Test func aKeptConnectionIsBoundedByBothTimeouts() throws {
        var configuration = HTTPServerConfiguration()
        configuration.readTimeout = .milliseconds(400)
        configuration.idleTimeout = .milliseconds(200)
        try withServer(configuration) { server, _ in
            for (rest, status) in [("", ""), ("GET /", "HTTP/1.1 408 "), ("GET / HTTP/1.1\r\nHost", "HTTP/1.1 408 ")] {
                let client = try RawClient(port: server.boundPort)
                defer { client.close() }
                client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client.receiveAnswer()?.status == 200)
                client.send(rest)
                let text = client.receiveToEnd()
                #expect(status.isEmpty ? text == "" : text?.hasPrefix(status) == true)
            }
        }
    }

    @Test func aRequestThatIsBeingHandledOutlivesTheTimeouts() throws {
        var configuration = HTTPServerConfiguration()
        configuration.readTimeout = .milliseconds(50)
        configuration.idleTimeout = .milliseconds(50)
        try withServer(configuration) { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { server.statistics.requestsInFlight == 1 })
            let idle = try RawClient(port: server.boundPort)
            defer { idle.close() }
            // The idle one's end shows that more than the time-out has passed.
            #expect(idle.receiveToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
            handler.releaseAll("late")
            #expect(client.receiveAnswer()?.body == "late")
        }
    }
}
