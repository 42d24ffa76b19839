// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Observability
internal import ServiceLifecycle
internal import Threads
internal import UnixSignals

/// Runs the server from its start to its last answer.
enum Serve {
    /// Serves until the process is told to stop.
    ///
    /// - Parameters:
    ///   - loaded: The settings to start with.
    ///   - reload: Reads the settings again, for SIGHUP.
    static func run(
        _ loaded: LoadedSettings,
        reload: @escaping @Sendable () throws(SettingsError) -> LoadedSettings
    ) async throws -> ServeOutcome {
        let settings = loaded.settings
        if !settings.isDumpable { ProcessSecrecy.hideMemory() }
        let application: Application
        do {
            application = try Application(settings, StartedSockets.take())
        } catch let error as StartedSockets.Malformed {
            StandardError.print("rpc-gateway: \(error.text): leave the variables to systemd")
            return .usage
        } catch let error as SettingsError {
            StandardError.print(error.report)
            return .usage
        } catch {
            StandardError.print("rpc-gateway: \(error)")
            return error is OutOfResources ? .cannotListen : .usage
        }
        do {
            try await group(application.services(settings, reload: reload), application, settings).run()
            return .stopped
        } catch let error as HTTPServerError {
            StandardError.print("rpc-gateway: \(error)")
            return ServeOutcome(error.code)
        }
    }

    private static func group(_ services: [any Service], _ application: Application, _ settings: Settings)
        -> ServiceGroup
    {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: application.logger
        )
        // Calls, confirms and connections have bounds of their own; this one is for what nobody foresaw.
        configuration.maximumGracefulShutdownDuration = settings.shutdownGrace + .seconds(10)
        return ServiceGroup(configuration: configuration)
    }
}
