// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Logging
internal import Messaging
internal import Observability
internal import ServiceLifecycle
internal import Threads
internal import UnixSignals

/// The composition of `rpc-gateway demo`: a driver and a server.
enum DemoServing {
    /// Serves until the process is told to stop.
    static func run(_ topic: String, _ name: String, _ settings: Settings) async throws -> Outcome {
        if !settings.isDumpable { ProcessSecrecy.hideMemory() }
        let (level, format) = (LogLevelSwitch(settings.logLevel), settings.logFormat)
        let logger = Logger(label: "rpc-gateway") { LineLogHandler(label: $0, format: format, level: level) }
        do {
            let url = try settings.transport.address
            guard !["memory", "fake"].contains(url.driverName) else {
                StandardError.print(
                    "rpc-gateway: demo needs a broker (--transport-url rabbit://...); serve has the demonstration inside"
                )
                return .usage
            }
            let driver = try Drivers.makeListening(url, settings, receivesFromStart: false, logger: logger)
            try await serve(driver, topic, name, settings, logger)
            return .success
        } catch {
            StandardError.print("rpc-gateway: \(error)")
            return .usage
        }
    }

    private static func serve(
        _ driver: any ListeningDriver,
        _ topic: String,
        _ name: String,
        _ settings: Settings,
        _ logger: Logger
    ) async throws {
        let server = DemoEndpoint.server(on: driver, topic: topic, server: name, logger: logger)
        // What is wrong with the target is said before anything connects.
        try server.start()
        driver.start()
        let services: [any Service] = [TransportEnd(driver: driver), DemoServer(server: server, settings: settings)]
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = settings.shutdownGrace + .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Shuts the driver down after the server has drained: services stop in the reverse of their order.
private struct TransportEnd: Service {
    let driver: any Driver

    func run() async throws {
        try? await gracefulShutdown()
        await driver.shutdown(deadline: .now.advanced(by: .seconds(5)))
    }
}

/// Says when it can be called, for people and scripts, and drains at the end.
private struct DemoServer: Service {
    let server: RPCServer
    let settings: Settings

    func run() async throws {
        let announcing = Task { await announce() }
        try? await gracefulShutdown()
        announcing.cancel()
        await server.wait(deadline: .now.advanced(by: settings.shutdownGrace))
    }

    private func announce() async {
        while !Task.isCancelled {
            let deadline = Moment.now.advanced(by: .seconds(10))
            do {
                try await server.waitUntilServing(deadline: deadline)
                print("serving \(server.target.topic ?? "")/\(server.target.server ?? "")")
                fflush(nil)
                return
            } catch {
                if Task.isCancelled || error.code == .shutdown { return }
                StandardError.print("rpc-gateway: not serving yet: \(error)")
                try? await Task.sleep(for: max(.zero, deadline - .now))
            }
        }
    }
}
