// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

/// A victim beside a name that only looks like the victim's: each has its own queue.
@Suite(.timeLimit(.minutes(1)))
struct LookAlikeTests {
    @Test(arguments: DriverKind.available, LookAlikes.pairs)
    func topics(_ kind: DriverKind, _ names: (String, String)) async throws {
        try await Bench.run(kind) { bench in
            let (victim, hostile) = (
                bench.request("\(bench.topic)\(names.0)"), bench.request("\(bench.topic)\(names.1)")
            )
            // The hostile look comes first: what it finds must not be kept for the victim.
            #expect(try await bench.driver.inspect(hostile.target, deadline: bench.soon) == nil)
            let listener = try bench.driver.makeListener(on: victim.served) { message in
                if message.acknowledge() { message.reply(.result(JSONText(string: "victim"))) { _ in } }
            }
            listener.start()
            try await listener.waitUntilConsuming(deadline: bench.soon)
            let looks = try await [
                bench.driver.inspect(victim.target, deadline: bench.soon)?.consumerCount,
                bench.driver.inspect(hostile.target, deadline: bench.soon)?.consumerCount,
            ]
            #expect(looks == [1, nil])
            let refused = await code { () throws(MessagingError) in _ = try await bench.driver.call(hostile) }
            #expect(refused == .undeliverable)
            #expect(try await bench.driver.call(victim).result == JSONText(string: "victim"))
        }
    }

    @Test(arguments: DriverKind.available, LookAlikes.pairs)
    func plainQueues(_ kind: DriverKind, _ names: (String, String)) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<[UInt8]>()
            let listener = try bench.driver.makePlainListener(on: "\(bench.topic)\(names.0)") { message in
                if message.acknowledge() { seen.send(message.message.body) }
            }
            listener.start()
            try await listener.waitUntilConsuming(deadline: bench.soon)
            let hostile = await code { () throws(MessagingError) in
                try await bench.driver.send(bench.plain("\(bench.topic)\(names.1)", 1))
            }
            #expect(hostile == .undeliverable)
            try await bench.driver.send(bench.plain("\(bench.topic)\(names.0)", 2))
            #expect(try await seen.next() == [2])
            await listener.close(deadline: bench.soon)
        }
    }
}

extension Bench {
    fileprivate func request(_ topic: String) -> RPCRequest { request(Target(topic: topic)) }

    fileprivate func plain(_ queue: String, _ byte: UInt8) -> PlainRequest {
        PlainRequest(exchange: "", routingKey: queue, message: PlainMessage(body: [byte]), timeout: .seconds(20))
    }
}

extension RPCRequest {
    fileprivate var served: Target { Target(topic: target.topic, server: "s") }
}
