// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct QueueTests {
    @Test(arguments: DriverKind.available)
    func withoutAQueueNothingIsDeliverable(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let requests = [bench.target(), bench.target("s")].map { bench.request($0) }
            for request in requests {
                let call = await code { () throws(MessagingError) in _ = try await bench.driver.call(request) }
                #expect(call == .undeliverable)
                let cast = await code { () throws(MessagingError) in try await bench.driver.cast(request) }
                #expect(cast == .undeliverable)
            }
            let fanout = await code { () throws(MessagingError) in
                try await bench.driver.cast(bench.request(bench.target(isFanout: true)))
            }
            #expect(fanout == .undeliverable)
        }
    }

    @Test(arguments: DriverKind.available)
    func aQueueStaysWhenItsServerGoes(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let first = try await bench.serve { _ in .result(.null) }
            await first.close(deadline: bench.soon)
            let call = await code { () throws(MessagingError) in _ = try await bench.driver.call(bench.request()) }
            #expect(call == .noConsumers)
            try await bench.driver.cast(bench.request(nil, "kept"))
            let fanout = await code { () throws(MessagingError) in
                try await bench.driver.cast(bench.request(bench.target(isFanout: true)))
            }
            #expect(fanout == .undeliverable)
            let seen = Channel<String?>()
            try await bench.serve("other") { request in
                seen.send(request.method?.stringValue)
                return nil
            }
            #expect(try await seen.next() == "kept")
        }
    }

    @Test(arguments: DriverKind.available)
    func aQueueCanBeLookedAt(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let target = bench.target("s")
            #expect(try await bench.driver.inspect(target, deadline: bench.soon) == nil)
            let other = Bench(driver: bench.driver)
            let listener = try await other.listen("a") { _ in }
            let status = try await other.driver.inspect(other.target("a"), deadline: bench.soon)
            #expect(status == QueueStatus(consumerCount: 1, messageCount: 0))
            await listener.close(deadline: bench.soon)
            for _ in 0..<3 { try await other.driver.cast(other.request()) }
            let topic = try await other.driver.inspect(other.target(), deadline: bench.soon)
            #expect(topic == QueueStatus(consumerCount: 0, messageCount: 3))
        }
    }

    @Test(arguments: DriverKind.available)
    func castsComeInTheirOrderWithTheirIdentifiers(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<String?>()
            try await bench.serve { request in
                #expect(!request.isCall)
                seen.send(request.uniqueID)
                return .result(.null)
            }
            var sent: [String] = []
            for _ in 0..<50 { sent.append(try await bench.driver.cast(bench.request()).uniqueID.hexadecimal) }
            #expect(await seen.next(50) == sent)
        }
    }

    @Test(arguments: DriverKind.available)
    func serversTakeTurns(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<String>()
            for name in ["a", "b", "c"] {
                try await bench.serve(name) { _ in
                    seen.send(name)
                    return nil
                }
            }
            for _ in 0..<30 { try await bench.driver.cast(bench.request()) }
            let names = await seen.next(30)
            for name in ["a", "b", "c"] { #expect(names.count { $0 == name } == 10) }
        }
    }

    @Test(arguments: DriverKind.available)
    func aFanoutReachesEveryServerOnce(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<String>()
            for name in ["a", "b", "c"] {
                _ = try await bench.listen(name) { message in
                    #expect(message.isFanout == (message.request.method?.stringValue == "everybody"))
                    if message.acknowledge() { seen.send(name) }
                }
            }
            try await bench.driver.cast(bench.request(bench.target(isFanout: true), "everybody"))
            try await bench.driver.cast(bench.request(bench.target("b"), "one"))
            #expect(await seen.next(4).sorted() == ["a", "b", "b", "c"])
        }
    }

    @Test(arguments: DriverKind.available)
    func aCallDiesInItsQueueWithItsDeadline(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let first = try await bench.listen { _ in }
            await first.close(deadline: bench.soon)
            var request = bench.request(nil, "late", timeout: .milliseconds(300))
            request.checksConsumers = false
            let failure = await code { () throws(MessagingError) in _ = try await bench.driver.call(request) }
            #expect(failure == .timeout)
            try await bench.driver.cast(bench.request(nil, "after"))
            let seen = Channel<String?>()
            try await bench.serve { request in
                seen.send(request.method?.stringValue)
                return nil
            }
            #expect(try await seen.next() == "after")
        }
    }

    @Test(arguments: DriverKind.available)
    func whatCannotBeReadHurtsNobody(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<String?>()
            try await bench.serve { request in
                seen.send(request.method?.stringValue)
                return nil
            }
            let bodies: [(String, String?)] = [
                ("", "text/plain"), ("7", "application/json"), ("{", "application/json"), ("{}", nil),
                (#"{"oslo.version": "3.0", "oslo.message": "{}"}"#, "application/json"),
            ]
            for (body, type) in bodies {
                let message = PlainMessage(body: Array(body.utf8), contentType: type)
                try await bench.driver.send(
                    PlainRequest(exchange: "", routingKey: bench.topic, message: message, timeout: .seconds(5))
                )
            }
            try await bench.driver.cast(bench.request(nil, "good"))
            #expect(try await seen.next() == "good")
        }
    }
}
