// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

@Suite(.timeLimit(.minutes(1)))
struct SettlementTests {
    @Test(arguments: DriverKind.available)
    func whatIsGivenBackComesAgainInItsPlace(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let held = Channel<any IncomingMessage>()
            let first = try await bench.listen("a") { held.send($0) }
            for number in 0..<5 { try await bench.driver.cast(bench.request(nil, "m\(number)")) }
            let messages = await held.next(5)
            await first.stop(deadline: bench.soon)
            for index in [3, 0, 4] { messages[index].requeue() }
            let done = messages[1].acknowledge() && messages[2].acknowledge()
            #expect(done)
            await first.close(deadline: bench.soon)
            let seen = Channel<String?>()
            try await bench.serve("b") { request in
                seen.send(request.method?.stringValue)
                return nil
            }
            #expect(await seen.next(3) == ["m0", "m3", "m4"])
        }
    }

    @Test(arguments: DriverKind.available)
    func aClosedListenerLosesWhatItHolds(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let held = Channel<any IncomingMessage>()
            let first = try await bench.listen("a") { held.send($0) }
            for number in 0..<3 { try await bench.driver.cast(bench.request(nil, "m\(number)")) }
            let messages = await held.next(3)
            await first.close(deadline: bench.soon)
            let seen = Channel<String?>()
            try await bench.serve("b") { request in
                seen.send(request.method?.stringValue)
                return nil
            }
            #expect(await seen.next(3) == ["m0", "m1", "m2"])
            for message in messages { #expect(!message.acknowledge()) }
        }
    }

    @Test(arguments: DriverKind.available)
    func afterAStopWhatWasHandedOverCanBeAnswered(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let held = Channel<any IncomingMessage>()
            let listener = try await bench.listen { held.send($0) }
            let call = Task { try await bench.driver.call(bench.request()) }
            let message = try await held.next()
            await listener.stop(deadline: bench.soon)
            #expect(!listener.isConsuming)
            #expect(message.acknowledge())
            message.reply(.result(JSONText(string: "after all"))) { _ in }
            #expect(try await call.value.result.stringValue == "after all")
            await listener.close(deadline: bench.soon)
        }
    }

    @Test(arguments: DriverKind.available)
    func afterAStopNothingIsHandedOver(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let count = Guarded(0)
            let listener = try await bench.listen { message in
                if message.acknowledge() { count.withLock { $0 += 1 } }
            }
            for _ in 0..<200 { try await bench.driver.cast(bench.request()) }
            await listener.stop(deadline: bench.soon)
            let handedOver = count.withLock { $0 }
            for _ in 0..<20 { try await bench.driver.cast(bench.request()) }
            await listener.close(deadline: bench.soon)
            #expect(count.withLock { $0 } == handedOver)
            let seen = Channel<Void>()
            try await bench.serve("other") { _ in
                seen.send(())
                return nil
            }
            _ = await seen.next(220 - handedOver)
        }
    }

    @Test(arguments: DriverKind.available)
    func aMessageIsSettledOnce(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let held = Channel<any IncomingMessage>()
            _ = try await bench.listen { held.send($0) }
            try await bench.driver.cast(bench.request())
            let message = try await held.next()
            #expect(message.acknowledge())
            message.requeue()
            #expect(!message.acknowledge())
            try await bench.driver.cast(bench.request(nil, "next"))
            #expect(try await held.next().request.method?.stringValue == "next")
        }
    }

    @Test(arguments: DriverKind.available)
    func aListenerNeedsTopicAndServer(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let long = String(repeating: "x", count: 300)
            let targets = [
                Target(), Target(topic: "t"), Target(server: "s"), Target(topic: "", server: "s"),
                Target(topic: "t", server: long),
            ]
            for target in targets {
                let failure = await code { () throws(MessagingError) in
                    _ = try bench.driver.makeListener(on: target) { _ in }
                }
                #expect(failure == .invalidTarget)
            }
        }
    }
}
