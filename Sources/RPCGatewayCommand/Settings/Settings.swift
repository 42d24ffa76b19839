// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import HTTPServer
internal import Logging
internal import Observability
internal import RabbitDriver

/// Everything about the gateway that can be set, read once and valid.
///
/// What a module is told is kept in that module's configuration, with its defaults; `SettingsTable` says how each one is
/// named, read and shown.
struct Settings: Sendable, Equatable {
    var http = HTTPServerConfiguration(listeners: [], hosts: [])
    /// From which the listeners of `http` are made at the start.
    var listen = ListenSettings()
    /// Whether others than this machine are served although something is missing for that.
    var servesInsecurely = false
    var tls = TLSSettings()
    var access = AccessSettings()
    var transport = TransportSettings()
    /// What the settings leave open is decided in `gatewayConfiguration`.
    var gateway = GatewayConfiguration()
    /// What RabbitMQ's driver is told besides its options.
    var driver = RabbitDriver.Settings()
    /// The options of `[oslo_messaging_rabbit]` that were set, by their oslo names; switches are `true` or `false`.
    var rabbit: [String: String] = [:]
    var errorExposure = ErrorExposureChoice.auto
    var logLevel = Logger.Level.notice
    var logFormat = LineLogHandler.Format.text
    /// How long calls in flight may take to finish at the end.
    var shutdownGrace = Duration.seconds(30)
    /// Nil leaves the choice to `runsDemo`.
    var demo: Bool?
    /// Whether core dumps and debuggers may have the memory of what serves.
    var isDumpable = false
}

/// How much of a remote exception's text leaves the gateway, or that the gateway chooses.
enum ErrorExposureChoice: String, Sendable, CaseIterable {
    case auto, full, safe
}

extension Settings {
    /// What the gateway is told now.
    var gatewayConfiguration: GatewayConfiguration {
        var configuration = gateway
        configuration.exposure = exposesRemoteErrors ? .full : .safe
        let forLimits = configuration.limits.rate > 0 ? 256 : 0
        let forPages = configuration.crossOrigin.origins.isEmpty ? 0 : 768
        let reserved = min(1024 + forLimits + forPages, http.maximumResponseHeadBytes)
        configuration.maximumResponseFieldBytes = http.maximumResponseHeadBytes - reserved
        configuration.maximumBodyBytes = http.maximumBodyBytes
        return configuration
    }

    /// Whether answers show messages of the remote side for every status.
    var exposesRemoteErrors: Bool {
        switch errorExposure {
        case .full: true
        case .safe: false
        case .auto: listen.isLocal
        }
    }

    /// Whether the demonstration service runs: unless told otherwise, where nothing else could answer.
    var runsDemo: Bool { demo ?? (transport.scheme == "memory" || transport.scheme == "fake") }
}
