// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Logging
import Messaging
import RabbitDriver
import ServiceLifecycle
import Threads
import UnixSignals

/// An RPC server: topic `echo`, server `local`. Call it from Python, with curl through the gateway, or with
/// `rpc-gateway call echo/local say '{"text": "hello"}'`.
@main
struct EchoServer {
    static func main() async throws {
        let url = CommandLine.arguments.dropFirst().first ?? "rabbit://guest:guest@127.0.0.1:5672/"
        let logger = Logger(label: "echo")
        let driver = try RabbitDriver(url: TransportURL(url), context: .init(logger: logger))
        let server = RPCServer(
            driver: driver,
            target: Target(topic: "echo", server: "local"),
            endpoints: [Echo()],
            logger: logger
        )
        driver.start()
        try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
        await driver.shutdown(deadline: .now.advanced(by: .seconds(5)))
    }
}

/// Methods are ordinary functions; their names and keyword arguments are listed once.
struct Echo: RPCEndpoint {
    var methods: [RPCMethod] {
        RPCMethod("say", "text", Parameter("times", default: 1), run: say)
    }

    func say(_ context: RequestContext, _ text: String, _ times: Int) async throws -> [String] {
        guard (0...100).contains(times) else { throw RemoteError.valueError("times is a number from 0 to 100") }
        return Array(repeating: text, count: times)
    }
}
