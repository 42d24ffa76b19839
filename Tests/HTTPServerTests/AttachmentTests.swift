// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Logging
import Testing
import Threads

struct AttachmentTests {
    /// What leads back to its request, as what a gateway keeps does.
    private final class Note: RequestAttachment {
        private let responder: Responder
        private let alive: Guarded<Int>

        init(_ responder: Responder, _ alive: Guarded<Int>) {
            (self.responder, self.alive) = (responder, alive)
            alive.withLock { $0 += 1 }
        }

        deinit { alive.withLock { $0 -= 1 } }
    }

    /// Keeps a note with each request to `/kept`, and the responder of each.
    private final class Keeper: HTTPRequestHandler {
        let alive = Guarded(0)
        let responders = Guarded<[Responder]>([])

        func handle(_ request: consuming HTTPRequest, responder: Responder) {
            if request.head.path.elementsEqual("/kept".utf8) { responder.attach(Note(responder, alive)) }
            responders.withLock { $0.append(responder) }
        }

        func response(to failure: HTTPFailure) -> HTTPResponse { HTTPResponse(status: failure.status) }
    }

    private func withKeeper(_ body: (HTTPServer, Keeper, EventLoop) throws -> Void) throws {
        let (handler, loop) = (Keeper(), try EventLoop(name: "test"))
        try loop.start()
        defer { loop.stop() }
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(listeners: [.tcp(port: 0)], maximumConnections: 100),
            handler: handler,
            loops: [loop],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try server.start()
        defer { server.shutdown(deadline: .now) }
        try body(server, handler, loop)
    }

    private func count(_ server: HTTPServer) -> Int {
        let found = Guarded<Int?>(nil)
        #expect(server.attachments { attachments in found.withLock { $0 = attachments.count } } == 1)
        #expect(eventually { found.withLock { $0 != nil } })
        return found.withLock { $0 ?? -1 }
    }

    private func ask(_ server: HTTPServer, _ path: String) throws -> RawClient {
        let client = try RawClient(port: server.boundPort)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
    }

    @Test func itIsShownWhileTheClientWaitsAndLetGoWithTheAnswer() throws {
        try withKeeper { server, handler, _ in
            let clients = [try ask(server, "/kept"), try ask(server, "/kept"), try ask(server, "/plain")]
            #expect(eventually { server.statistics.requestsInFlight == 3 })
            #expect(count(server) == 2)
            for responder in handler.responders.withLock({ exchange(&$0, with: []) }) {
                responder.respond(HTTPResponse(status: 204))
            }
            for client in clients { #expect(client.receiveAnswer()?.status == 204) }
            #expect(count(server) == 0)
            #expect(eventually { handler.alive.withLock { $0 } == 0 })
            for client in clients { client.close() }
        }
    }

    @Test func itIsLetGoWhenTheClientGoes() throws {
        try withKeeper { server, handler, _ in
            try ask(server, "/kept").close()
            #expect(eventually { handler.alive.withLock { $0 } == 1 || server.statistics.connections == 0 })
            #expect(eventually { server.statistics.connections == 0 })
            handler.responders.withLock { $0 = [] }
            #expect(eventually { handler.alive.withLock { $0 } == 0 })
        }
    }

    @Test func whatComesTooLateIsNotKept() throws {
        try withKeeper { server, handler, loop in
            try ask(server, "/plain").close()
            #expect(eventually { !handler.responders.withLock { $0.isEmpty } && server.statistics.connections == 0 })
            loop.execute {
                for responder in handler.responders.withLock({ exchange(&$0, with: []) }) {
                    responder.attach(Note(responder, handler.alive))
                }
            }
            #expect(count(server) == 0)
            #expect(eventually { handler.alive.withLock { $0 } == 0 })
        }
    }
}
