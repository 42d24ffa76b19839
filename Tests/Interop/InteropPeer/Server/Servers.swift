// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
import Threads

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
        let termination = Termination()
        for server in servers {
            try server.start()
            if startsTwice { try server.start() }
        }
        for server in servers { try await server.waitUntilServing(deadline: .now.advanced(by: .seconds(20))) }
        Line.write("READY")
        await termination.wait()
        let deadline = Moment.now.advanced(by: .seconds(60))
        for server in servers { await server.stop(deadline: deadline) }
        Line.write("STOPPED")
        for server in servers where !(await server.wait(deadline: deadline)) { Line.write("NOT DRAINED") }
    }

    private static func make(_ text: String, _ driver: any ListeningDriver, _ options: Options) throws -> RPCServer {
        let place = text.prefix { $0 != "@" }
        let target = target(place, exchange: text.dropFirst(place.count + 1))
        let workers = options.number("--workers", default: RPCExecutor.defaultWorkerCount)
        return RPCServer(
            driver: driver,
            target: target,
            endpoints: [
                MainEndpoint(place: String(place), tellsAll: options.has("--tell-all")), NamespacedEndpoint(),
                SecondEndpoint(),
            ],
            configuration: RPCServerConfiguration(
                executor: executor(options.text("--executor"), workers),
                answersPings: !options.has("--no-ping")
            ),
            accessPolicy: policies[options.text("--policy") ?? "default"] ?? DefaultRPCAccessPolicy()
        )
    }

    private static func executor(_ name: String?, _ workers: Int) -> RPCExecutor {
        switch name {
        case "threads": .threads(workers)
        case "immediate": .immediate(workers)
        default: .tasks(workers)
        }
    }

    private static func target(_ place: Substring, exchange: Substring) -> Target {
        let topic = place.prefix { $0 != "/" }
        let server = place.dropFirst(topic.count + 1)
        let named = { (name: Substring) in name.isEmpty ? nil : String(name) }
        return Target(exchange: named(exchange), topic: named(topic), server: named(server))
    }

    private static let policies: [String: any RPCAccessPolicy] = [
        "default": DefaultRPCAccessPolicy(), "legacy": LegacyRPCAccessPolicy(), "explicit": ExplicitRPCAccessPolicy(),
    ]
}
