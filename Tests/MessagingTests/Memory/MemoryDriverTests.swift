//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing
import Threads

@testable import Messaging

@Suite(.timeLimit(.minutes(1)))
struct MemoryDriverTests {
    private let driver = MemoryDriver()

    private func client(_ target: Target, timeout: Duration = .seconds(5)) -> RPCClient<NoOpSerializer> {
        RPCClient(driver: driver, target: target, configuration: RPCClientConfiguration(timeout: timeout))
    }

    private func serve(_ server: String, _ answer: @escaping @Sendable (DirectMessage) -> Void) throws -> any DirectListener
    {
        try driver.listen(on: Target(topic: "t", server: server), handler: answer)
    }

    @Test func aCallGetsTheResultByteForByte() async throws {
        _ = try serve("s") { $0.answer?(.success($0.arguments)) }
        let text = #"{"n": 1234567890123456789012345678901234567890, "x": 1.0, "e": 1e5, "s": "\ud800"}"#
        #expect(try await client(Target(topic: "t")).call("m", JSONText(text)).string == text)
    }

    @Test func anExceptionKeepsEveryPart() async throws {
        let remote = RemoteError(
            module: "m",
            className: "C",
            message: "x \"é\"",
            arguments: try JSONText(#"[1.0, "a"]"#),
            keywordArguments: try JSONText(#"{"code": 404}"#),
            traceback: ["a\n", "b\n"]
        )
        _ = try serve("s") { $0.answer?(.failure(remote)) }
        await #expect { try await client(Target(topic: "t", server: "s")).call("m") } throws: {
            ($0 as? MessagingError)?.remote == remote
        }
    }

    @Test func nobodyListensIsUndeliverable() async {
        await #expect { try await client(Target(topic: "none")).call("m") } throws: {
            ($0 as? MessagingError)?.code == .undeliverable
        }
        await #expect { try await client(Target(topic: "none")).cast("m") } throws: {
            ($0 as? MessagingError)?.code == .undeliverable
        }
    }

    @Test func silenceEndsAtTheTimeout() async throws {
        _ = try serve("s") { _ in }
        await #expect { try await client(Target(topic: "t"), timeout: .milliseconds(20)).call("m") } throws: {
            ($0 as? MessagingError)?.code == .timeout
        }
    }

    @Test func aFanoutReachesEveryServerAndATopicCastOne() async throws {
        let reached = Guarded<[String]>([])
        for name in ["a", "b", "c"] { _ = try serve(name) { _ in reached.withLock { $0.append(name) } } }
        try await client(Target(topic: "t", isFanout: true)).cast("m")
        #expect(reached.withLock { $0.sorted() } == ["a", "b", "c"])
        try await client(Target(topic: "t")).cast("m")
        #expect(reached.withLock { $0.count } == 4)
        try await client(Target(topic: "t", server: "b")).cast("m")
        #expect(reached.withLock { $0.last } == "b")
    }

    @Test func aCallCannotFanOut() async {
        await #expect { try await client(Target(topic: "t", isFanout: true)).call("m") } throws: {
            ($0 as? MessagingError)?.code == .invalidTarget
        }
    }

    @Test func shutdownEndsWhatWaits() async throws {
        _ = try serve("s") { _ in }
        let client = client(Target(topic: "t"), timeout: .seconds(50))
        let call = Task { try await client.call("m") }
        while driver.status.waitingCalls == 0 { await Task.yield() }
        await driver.shutdown(deadline: .now)
        await #expect { try await call.value } throws: { ($0 as? MessagingError)?.code == .shutdown }
    }
}
