//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging

/// RPC servers on one transport, until SIGTERM.
struct Servers {
    private let servers: [RPCServer]
    private let startsTwice: Bool

    /// Makes a server for each `--target TOPIC/SERVER[@EXCHANGE]`.
    init(driver: any Driver, options: Options) throws {
        guard let driver = driver as? any ListeningDriver else {
            throw UsageError(description: "nothing can listen on this transport")
        }
        servers = try options.all("--target").map { try Self.make($0, driver, options) }
        startsTwice = options.has("--start-twice")
    }

    func run() async throws {
        for server in servers {
            try server.start()
            if startsTwice { try server.start() }
        }
        for server in servers { try await server.waitUntilServing(deadline: .now.advanced(by: .seconds(20))) }
        Line.write("READY")
        await Termination.wait()
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        for server in servers { await server.stop(deadline: deadline) }
        Line.write("STOPPED")
        for server in servers where !(await server.wait(deadline: deadline)) { Line.write("NOT DRAINED") }
    }

    private static func make(_ text: String, _ driver: any ListeningDriver, _ options: Options) throws -> RPCServer {
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        let names = parts[0].split(separator: "/", maxSplits: 1).map(String.init)
        let target = Target(
            exchange: parts.count > 1 ? parts[1] : nil,
            topic: names.first,
            server: names.count > 1 ? names[1] : nil
        )
        let workers = options.number("--workers", default: RPCExecutor.defaultWorkerCount)
        return RPCServer(
            driver: driver,
            target: target,
            endpoints: [MainEndpoint(place: parts[0]), NamespacedEndpoint(), SecondEndpoint()],
            configuration: RPCServerConfiguration(
                executor: options.text("--executor") == "threads" ? .threads(workers) : .tasks(workers),
                answersPings: !options.has("--no-ping")
            ),
            accessPolicy: policies[options.text("--policy") ?? "default"] ?? DefaultRPCAccessPolicy()
        )
    }

    private static let policies: [String: any RPCAccessPolicy] = [
        "default": DefaultRPCAccessPolicy(), "legacy": LegacyRPCAccessPolicy(), "explicit": ExplicitRPCAccessPolicy(),
    ]
}
