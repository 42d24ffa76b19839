// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

@Suite(.timeLimit(.minutes(1)))
struct MemoryDriverTests {
    private let driver: MemoryDriver

    init() throws { driver = try MemoryDriver() }

    private func client(_ target: Target, timeout: Duration = .seconds(5)) -> RPCClient<NoOpSerializer> {
        RPCClient(driver: driver, target: target, configuration: RPCClientConfiguration(timeout: timeout))
    }

    @Test func aCallGetsTheResultByteForByte() async throws {
        try driver.serveEcho("s")
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
        try driver.serve("s") { _ in .failure(remote) }
        await #expect { try await client(Target(topic: "t", server: "s")).call("m") } throws: {
            ($0 as? MessagingError)?.remote == remote
        }
    }

    @Test func aServerSeesWhatTheWireCarries() async throws {
        let seen = Guarded<IncomingRequest?>(nil)
        try driver.serve("s") { request in
            seen.withLock { $0 = request }
            return .result(.null)
        }
        var context = RequestContext()
        context.set("user", string: "ü")
        _ = try await client(Target(topic: "t", namespace: "n", version: "1.2")).call("m", context: context)
        let request = try #require(seen.withLock { $0 })
        #expect(request.method?.stringValue == "m")
        #expect(request.namespace?.stringValue == "n")
        #expect(request.version?.stringValue == "1.2")
        #expect(request.context.entries.map(\.key) == ["user", "client_timeout"])
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
        try driver.serve("s") { _ in nil }
        await #expect { try await client(Target(topic: "t"), timeout: .milliseconds(20)).call("m") } throws: {
            ($0 as? MessagingError)?.code == .timeout
        }
    }

    @Test func aFanoutReachesEveryServerAndATopicCastOne() async throws {
        let reached = Guarded<[String]>([])
        for name in ["a", "b", "c"] {
            try driver.serve(name) { _ in
                reached.withLock { $0.append(name) }
                return .result(.null)
            }
        }
        try await client(Target(topic: "t", isFanout: true)).cast("m")
        // A call is answered after the casts before it were handed over: one thread hands over in order.
        for name in ["a", "b", "c"] { _ = try await client(Target(topic: "t", server: name)).call("m") }
        #expect(reached.withLock { $0.sorted() } == ["a", "a", "b", "b", "c", "c"])
    }

    @Test func aCallCannotFanOut() async {
        await #expect { try await client(Target(topic: "t", isFanout: true)).call("m") } throws: {
            ($0 as? MessagingError)?.code == .invalidTarget
        }
    }

    @Test func aHandlerMayCallItsOwnServerAsDeepAsItLikes() async throws {
        let driver = driver
        let listener = try driver.makeListener(on: Target(topic: "t", server: "s")) { message in
            _ = message.acknowledge()
            let left = Int(message.request.arguments?.members?.first?.value.string ?? "") ?? 0
            guard left > 0, let arguments = try? JSONText(#"{"left": \#(left - 1)}"#) else {
                return message.reply(.result(.null)) { _ in }
            }
            let next = RPCRequest(target: Target(topic: "t"), method: "m", arguments: arguments, timeout: .seconds(30))
            driver.call(next) { _ in message.reply(.result(.null)) { _ in } }
        }
        listener.start()
        _ = try await client(Target(topic: "t"), timeout: .seconds(30)).call("m", JSONText(#"{"left": 5000}"#))
    }

    @Test func driversWithOneBrokerReachEachOther() async throws {
        let broker = try MemoryBroker()
        let (server, other) = (try MemoryDriver(broker: broker), try MemoryDriver(broker: broker))
        try server.serveEcho("s")
        let result = try await RPCClient(driver: other, target: Target(topic: "t")).call("m", JSONText(#"{"a": 1}"#))
        #expect(result.string == #"{"a": 1}"#)
        await server.shutdown(deadline: .now)
        await other.shutdown(deadline: .now)
    }

    @Test func shutdownEndsWhatWaits() async throws {
        try driver.serve("s") { _ in nil }
        let client = client(Target(topic: "t"), timeout: .seconds(50))
        let call = Task { try await client.call("m") }
        while driver.status.waitingCalls == 0 { await Task.yield() }
        await driver.shutdown(deadline: .now)
        await #expect { try await call.value } throws: { ($0 as? MessagingError)?.code == .shutdown }
        await #expect { try await client.call("m") } throws: { ($0 as? MessagingError)?.code == .shutdown }
    }
}
