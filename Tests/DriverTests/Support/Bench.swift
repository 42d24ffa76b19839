// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

/// A driver under test and names that no other test uses.
struct Bench: Sendable {
    let driver: any FullDriver
    let topic = "test-\(UniqueID().hexadecimal)"

    /// Runs a test with a driver of a kind, which is shut down at the end.
    static func run(_ kind: DriverKind, _ test: (Bench) async throws -> Void) async throws {
        try await run(kind.makeDriver(), test)
    }

    /// Runs a test with a driver, which is started now and shut down at the end.
    static func run(_ driver: any FullDriver, _ test: (Bench) async throws -> Void) async throws {
        let bench = Bench(driver: driver)
        bench.driver.start()
        do {
            try await test(bench)
        } catch {
            await bench.driver.shutdown(deadline: bench.soon)
            throw error
        }
        await bench.driver.shutdown(deadline: bench.soon)
    }

    /// A deadline that only a failing test reaches.
    var soon: Moment { .now.advanced(by: .seconds(20)) }

    func target(_ server: String? = nil, isFanout: Bool = false) -> Target {
        Target(topic: topic, server: server, isFanout: isFanout)
    }

    func request(
        _ target: Target? = nil,
        _ method: String = "m",
        _ arguments: JSONText = .emptyObject,
        timeout: Duration = .seconds(20),
        monitor: Duration? = nil
    ) -> RPCRequest {
        RPCRequest(
            target: target ?? self.target(),
            method: method,
            arguments: arguments,
            timeout: timeout,
            callMonitorTimeout: monitor
        )
    }

    /// Listens and hands every message on as it comes.
    func listen(
        _ server: String = "s",
        _ handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) async throws -> any Listener {
        let listener = try driver.makeListener(on: target(server), handler: handler)
        listener.start()
        try await listener.waitUntilConsuming(deadline: soon)
        return listener
    }

    /// Serves: acknowledges each message and answers it, or keeps silent.
    @discardableResult
    func serve(
        _ server: String = "s",
        _ answer: @escaping @Sendable (IncomingRequest) -> OutgoingReply?
    ) async throws -> any Listener {
        try await listen(server) { message in
            guard message.acknowledge(), let reply = answer(message.request) else { return }
            message.reply(reply) { _ in }
        }
    }
}
