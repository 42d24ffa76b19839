// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPServer
import Testing

@Suite(.serialized) struct LoadTests {
    @Test(arguments: [127, 128, 129, 256, 300]) func requestsThatAreReadyAtOnceAreAllAnswered(count: Int) throws {
        try withServer { server, _ in
            let clients = try (0..<count).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in clients { client.close() } }
            #expect(eventually { server.statistics.connections == count })
            for round in 0..<3 {
                for client in clients {
                    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n\(round)")
                }
                #expect(clients.allSatisfy { $0.receiveAnswer()?.body == "\(round)" })
            }
        }
    }

    @Test func answersThatAreReleasedAtOnceAllArrive() throws {
        try withServer { server, handler in
            let clients = try (0..<1_000).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in clients { client.close() } }
            for client in clients { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { server.statistics.requestsInFlight == 1_000 })
            handler.releaseAll("now")
            #expect(clients.allSatisfy { $0.receiveAnswer()?.body == "now" })
            #expect(eventually { server.statistics.requestsInFlight == 0 })
        }
    }

    @Test func severalLoopsShareThePort() throws {
        var configuration = HTTPServerConfiguration()
        configuration.loopCount = 3
        try withServer(configuration) { server, _ in
            for _ in 0..<50 { try #expect(server.isServing()) }
            #expect(server.statistics.oldestTurnAge < .seconds(3))
        }
    }

    @Test func anAnswerGivenTwiceIsSentOnce() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            for _ in 0..<20 {
                client.send("POST /twice HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
                #expect(client.receiveAnswer()?.status == 200)
            }
        }
    }
}
