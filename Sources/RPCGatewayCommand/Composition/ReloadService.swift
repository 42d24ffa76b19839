// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Gateway
internal import HTTPServer
internal import Logging
internal import Observability
internal import ServiceLifecycle
internal import Threads
internal import UnixSignals

/// Reads the configuration again at each SIGHUP, and the files of keys and rules, and of TLS, when they change. What was read
/// is applied as a whole, or refused as a whole and the old kept. Has the keys got that issuers show at an address.
struct ReloadService: Service {
    let application: Application
    private let load: @Sendable () throws(SettingsError) -> LoadedSettings
    /// Held while files are read, by one of the two tasks of this service.
    let current: Guarded<Settings>
    private let changes: Guarded<FileChanges>
    let changesOfTLS: Guarded<FileChanges>
    let ends = Guarded(CertificateEnds())

    /// The time between two looks at the files.
    private static let interval = Duration.milliseconds(500)

    init(
        application: Application,
        settings: Settings,
        load: @escaping @Sendable () throws(SettingsError) -> LoadedSettings
    ) {
        self.application = application
        self.load = load
        current = Guarded(settings)
        changes = Guarded(FileChanges(application.accessStamps))
        changesOfTLS = Guarded(FileChanges(application.tlsStamps))
    }

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while !Task.isCancelled {
                        look()
                        lookAtTLS()
                        warnOfEnds()
                        application.gateway.access?.authenticator.issuers?.refresh(at: .now)
                        try? await Task.sleep(for: Self.interval)
                    }
                }
            }
        }
    }

    private func reload() {
        current.withLock { current in
            do throws(SettingsError) {
                let wanted = try load().settings
                // What needs a restart stays as it is, so the mixture of old and new is checked as well.
                let merged = wanted.reloading(over: current)
                if let reason = merged.reasonNotToServe(application.startedPlaces) {
                    throw SettingsError(problems: [SettingsProblem(subject: "http.listen", reason: reason)])
                }
                guard merged.tls.isOn == current.tls.isOn else {
                    let reason = "turns TLS on or off, which needs a restart"
                    throw SettingsError(problems: [SettingsProblem(subject: "http.tls.certificate", reason: reason)])
                }
                let tls = try TLSLoading.load(merged)
                let access = try AccessLoading.load(
                    wanted.access,
                    after: application.gateway.access,
                    logger: application.logger
                )
                let changes = wanted.changes(from: current)
                current = merged
                apply(current, changes, access, tls)
            } catch {
                application.logger.error("configuration refused, the old one stays", metadata: ["problems": "\(error)"])
            }
        }
    }

    private func apply(
        _ settings: Settings,
        _ changes: SettingsChanges,
        _ access: AccessControl?,
        _ tls: TLSContext?
    ) {
        application.gateway.update(settings.gatewayConfiguration, access: access)
        if let tls { application.update(tls: tls) }
        application.logLevel.level = settings.logLevel
        application.logger.notice(
            "configuration reloaded",
            metadata: ["applied": "\(changes.applicable)", "restart.to.apply": "\(changes.needRestart)"]
        )
    }

    /// Reads the files of keys and rules again if they have changed.
    private func look() {
        current.withLock { current in
            let stamps = AccessLoading.files(current.access, application.gateway.access).map { FileStamp(of: $0) }
            guard changes.withLock({ $0.look(stamps) }) else { return }
            do throws(SettingsError) {
                let access = try AccessLoading.load(
                    current.access,
                    after: application.gateway.access,
                    logger: application.logger
                )
                application.gateway.update(current.gatewayConfiguration, access: access)
                application.logger.notice(
                    "keys and rules reloaded",
                    metadata: [
                        "keys": "\(access?.keyCount ?? 0)", "issuers": "\(access?.issuerCount ?? 0)",
                        "rules": "\(access?.policy?.count ?? 0)",
                    ]
                )
            } catch {
                application.logger.error(
                    "keys and rules refused, the old ones stay",
                    metadata: ["problems": "\(error)"]
                )
            }
        }
    }
}

extension AccessControl {
    /// How many keys there are.
    var keyCount: Int { authenticator.keys?.count ?? 0 }
    /// How many issuers of tokens there are.
    var issuerCount: Int { authenticator.issuers?.issuers.count ?? 0 }
}
