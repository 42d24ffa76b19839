// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PlainServerTests {
    @Test(arguments: DriverKind.available)
    func aPlainServerAnswersAPlainClient(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let server = try PlainRPCServer(driver: bench.driver, queue: bench.topic) { message in
                PlainMessage(body: message.body.reversed(), contentType: message.contentType)
            }
            server.start()
            try await server.waitUntilServing(deadline: bench.soon)
            let client = PlainRPCClient(driver: bench.driver, timeout: .seconds(20))
            let request = PlainMessage(body: [1, 2, 3], contentType: "text/x")
            let reply = try await client.call(routingKey: bench.topic, request)
            #expect(reply.body == [3, 2, 1])
            #expect(reply.contentType == "text/x")
            try await client.cast(routingKey: bench.topic, request)
            #expect(await server.stop(deadline: bench.soon))
        }
    }
}
