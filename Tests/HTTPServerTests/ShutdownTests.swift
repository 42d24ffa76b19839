// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Logging
import Testing
import Threads

@Suite(.serialized) struct ShutdownTests {
    @Test func requestsThatWaitAreAnswered503AtTheDeadline() throws {
        try withServer { server, handler in
            let clients = try (0..<20).map { _ in try RawClient(port: server.boundPort) }
            defer { for client in clients { client.close() } }
            for client in clients { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(eventually { server.statistics.requestsInFlight == 20 })
            server.shutdown(deadline: .now + .milliseconds(100))
            for client in clients {
                let text = client.receiveToEnd()
                #expect(text?.hasPrefix("HTTP/1.1 503 ") == true)
                #expect(text?.contains("\r\nConnection: close\r\n") == true)
            }
            handler.releaseAll("too late")
            #expect(server.statistics.connections == 0)
        }
    }

    @Test func requestsOnTheWayFinishWhileDraining() throws {
        try withServer { server, handler in
            let waiting = try RawClient(port: server.boundPort)
            let idle = try RawClient(port: server.boundPort)
            defer {
                waiting.close()
                idle.close()
            }
            waiting.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            idle.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(idle.receiveAnswer()?.status == 200)
            #expect(eventually { server.statistics.requestsInFlight == 1 })
            let port = server.boundPort
            server.beginGracefulShutdown()
            #expect(idle.receiveToEnd() == "")
            #expect(throws: RawClientError.self) { try RawClient(port: port) }
            handler.releaseAll("done")
            let text = waiting.receiveToEnd()
            #expect(text?.hasSuffix("done") == true)
            #expect(text?.contains("\r\nConnection: close\r\n") == true)
            server.shutdown(deadline: .now + .seconds(5))
        }
    }

    @Test func aHalfSentRequestDoesNotHoldTheShutdown() throws {
        try withServer { server, _ in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
            #expect(eventually { server.statistics.connections == 1 })
            let start = Moment.now
            server.shutdown(deadline: start + .milliseconds(50))
            #expect(Moment.now - start < .seconds(2))
        }
    }

    @Test func shutdownMayComeTwiceOrBeforeTheStart() throws {
        try withServer { server, _ in
            server.shutdown(deadline: .now)
            server.shutdown(deadline: .now)
        }
        let server = makeServer(HTTPServerConfiguration())
        server.beginGracefulShutdown()
        server.shutdown(deadline: .now)
    }

    @Test(arguments: [1, 2]) func aPortInUseIsReportedWithTheFix(loopCount: Int) throws {
        try withServer { server, _ in
            let second = makeServer(
                HTTPServerConfiguration(listeners: [.tcp(port: server.boundPort)], loopCount: loopCount)
            )
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.code == .addressInUse)
            #expect(error?.message.contains("choose another port") == true)
        }
    }

    @Test(arguments: [("192.0.2.1", HTTPServerError.Code.addressNotAvailable), ("no host", .unresolvableHost)])
    func anAddressThatCannotBeBoundIsReported(host: String, code: HTTPServerError.Code) throws {
        let server = makeServer(HTTPServerConfiguration(listeners: [.tcp(host, port: 0)]))
        let error = #expect(throws: HTTPServerError.self) { try server.start() }
        #expect(error?.code == code)
    }

    @Test func valuesOutOfRangeAreAllReported() throws {
        let server = makeServer(HTTPServerConfiguration(loopCount: 0, maximumHeadBytes: 1, backlog: 0))
        let error = #expect(throws: HTTPServerError.self) { try server.start() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.split(separator: "; ").count == 3)
    }

    private func makeServer(_ configuration: HTTPServerConfiguration) -> HTTPServer {
        HTTPServer(
            configuration: configuration,
            handler: TestHandler(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}
