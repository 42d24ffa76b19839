// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RPCGatewayCommand

struct SettingsDocumentTests {
    private let folder = TemporaryFolder()

    @Test func whatIsShownCanBeLoadedAgain() throws {
        var arguments = SettingsArguments()
        arguments.values = [
            ("http.listen", "[::1]:0"), ("rpc.controlExchange", "a \"quoted\" \\ \u{1}né: #x"),
            ("rpc.versionCap", "2.0"),
            ("rpc.retry", "-1"), ("errors.rules", "a.*=404,b.C=500"), ("rabbit.ssl", "yes"),
            ("rabbit.hostname", "true"), ("demo.enabled", "no"),
        ]
        let loaded = try Settings.load(arguments: arguments, environment: [:])
        let path = folder.add("shown.yaml", SettingsDocument.text(of: loaded))
        let again = try Settings.load(arguments: SettingsArguments(configFile: path), environment: [:])
        #expect(again.settings == loaded.settings)
    }

    @Test func everyKeyIsShownWithItsSource() throws {
        let loaded = try Settings.load(
            arguments: SettingsArguments(values: [("http.loops", "2")]),
            environment: ["RPC_GATEWAY_LOG_LEVEL": "info", "RPC_GATEWAY_TRANSPORT_URL": "rabbit://u:hunter2@h/"]
        )
        let text = SettingsDocument.text(of: loaded)
        #expect(text.contains("\n  loops: 2  # option --set\n"))
        #expect(text.contains("\n  level: info  # environment variable RPC_GATEWAY_LOG_LEVEL\n"))
        #expect(text.contains("\n  url: \"rabbit://u:***@h/\"  # environment variable RPC_GATEWAY_TRANSPORT_URL\n"))
        #expect(text.contains("\n  maxInFlight: 10000  # default\n"))
        #expect(text.contains("\n  # rpc_conn_pool_size: 30  # default\n"))
        let lines = text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("  ") }.count == SettingsTable.all.count)
    }
}
