// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Testing
import Threads

/// What an answer keeps lives as long as its body: until the client has read it, or will never do so.
struct KeptBodyTests {
    /// More than the kernel holds for a client that reads nothing.
    private static let request = "GET /kept HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func itLivesUntilTheBodyIsWritten() throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            defer { client.close() }
            client.send(Self.request)
            #expect(client.receive() != nil)
            #expect(handler.keptCount.withLock { $0 } == 1)
            // Another one is served meanwhile.
            try #expect(server.isServing())
            #expect(handler.keptCount.withLock { $0 } == 1)
            var count = 0
            while count < TestHandler.keptBytes, let some = client.receive(), !some.isEmpty { count += some.count }
            #expect(eventually { handler.keptCount.withLock { $0 } == 0 })
        }
    }

    @Test(arguments: [true, false]) func itGoesWithAClientThatGoes(resets: Bool) throws {
        try withServer { server, handler in
            let client = try RawClient(port: server.boundPort)
            client.send(Self.request)
            #expect(client.receive() != nil)
            #expect(handler.keptCount.withLock { $0 } == 1)
            if resets { client.reset() } else { client.close() }
            #expect(eventually { handler.keptCount.withLock { $0 } == 0 })
        }
    }
}
