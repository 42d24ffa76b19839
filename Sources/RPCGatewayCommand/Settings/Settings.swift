// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Everything about the gateway that can be set, read once and valid.
///
/// The values here are the defaults; `SettingsTable` says how each one is named, read and shown.
struct Settings: Sendable, Equatable {
    var http = HTTPSettings()
    var transport = TransportSettings()
    var rpc = RPCSettings()
    var errors = ErrorSettings()
    var health = HealthSettings()
    var operations = KeptAnswerSettings(timeToLive: .seconds(300))
    var idempotency = KeptAnswerSettings(timeToLive: .seconds(86_400))
    var jsonRPC = JSONRPCSettings()
    /// Whether plain AMQP messages may be sent.
    var acceptsPlainAMQP = true
    var notifications = NotificationSettings()
    var log = LogSettings()
    var shutdown = ShutdownSettings()
    var demo = DemoSettings()
    /// The options of `[oslo_messaging_rabbit]` that were set, by their oslo names; switches are `true` or `false`.
    var rabbit: [String: String] = [:]
}

extension Settings {
    /// Whether answers show messages of the remote side for every status.
    var exposesRemoteErrors: Bool {
        switch errors.expose {
        case .full: true
        case .safe: false
        case .auto: http.listen.isLoopback
        }
    }

    /// Whether the demonstration service runs: unless told otherwise, where nothing else could answer.
    var runsDemo: Bool {
        demo.isEnabled ?? (transport.scheme == "memory" || transport.scheme == "fake")
    }
}
