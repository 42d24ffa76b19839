// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Logging
internal import Observability
internal import ServiceLifecycle
internal import Threads
internal import UnixSignals

/// Reads the configuration again at each SIGHUP: applied whole, or refused whole with the old one kept.
struct ReloadService: Service {
    private let application: Application
    private let load: @Sendable () throws(SettingsError) -> LoadedSettings
    private let current: Guarded<Settings>

    init(
        application: Application,
        settings: Settings,
        load: @escaping @Sendable () throws(SettingsError) -> LoadedSettings
    ) {
        self.application = application
        self.load = load
        current = Guarded(settings)
    }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
    }

    private func reload() {
        do throws(SettingsError) {
            apply(try load().settings)
        } catch {
            application.logger.error("configuration refused, the old one stays", metadata: ["problems": "\(error)"])
        }
    }

    private func apply(_ wanted: Settings) {
        let old = current.withLock { $0 }
        let changes = wanted.changes(from: old)
        let merged = wanted.reloading(over: old)
        current.withLock { $0 = merged }
        application.gateway.update(merged.gatewayConfiguration)
        application.logLevel.level = merged.logLevel
        application.logger.notice(
            "configuration reloaded",
            metadata: ["applied": "\(changes.applicable)", "restart.to.apply": "\(changes.needRestart)"]
        )
    }
}
