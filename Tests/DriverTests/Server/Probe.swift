// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Logging
import Messaging

/// An endpoint that tells what it is asked, and can be held up.
struct Probe: RPCEndpoint {
    var target = Target(version: "1.4")
    /// The numbers that were worked on, in their order.
    let seen = Channel<Int>()
    /// Passes one `work` for each element.
    let permits = Channel<Void>()

    struct Refused: RPCException {
        let moduleName = "demo.exception"
        let className = "Refused"
        let message = "no \"ü\""
    }

    var methods: [RPCMethod] {
        RPCMethod("echo", rawArguments: { _, arguments in arguments })
        RPCMethod("add", "a", "b") { (_, a: Int, b: Int) in a + b }
        RPCMethod("refuse") { _ in throw Refused() }
        RPCMethod("note", "number") { (_, number: Int) in seen.send(number) }
        RPCMethod("work", "number") { (_, number: Int) -> Int in
            seen.send(number)
            try await permits.next()
            return number
        }
    }
}

extension Bench {
    /// A server that serves.
    func startServer(
        _ name: String = "s",
        _ endpoint: Probe = Probe(),
        configuration: RPCServerConfiguration = RPCServerConfiguration()
    ) async throws -> RPCServer {
        let server = RPCServer(
            driver: driver,
            target: target(name),
            endpoints: [endpoint],
            configuration: configuration,
            logger: .quiet
        )
        try server.start()
        try await server.waitUntilServing(deadline: soon)
        return server
    }

    /// A client of the topic.
    func client(_ target: Target? = nil) -> RPCClient<NoOpSerializer> {
        let configuration = RPCClientConfiguration(timeout: .seconds(20))
        return RPCClient(driver: driver, target: target ?? self.target(), configuration: configuration)
    }
}

/// The class of the exception with which a call ends; nil when it ends otherwise.
func remoteClass(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? MessagingError)?.remote?.qualifiedName
    }
}
