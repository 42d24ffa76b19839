// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Messaging

@testable import RPCGatewayCommand

/// A transport URL.
enum URLTarget {
    static func run(_ input: [UInt8]) throws(Finding) {
        guard let url = try? TransportURL(String(decoding: input, as: UTF8.self)) else { return }
        guard (try? TransportURL(url.text)) == url else { throw Finding("what is written is read as another URL") }
        guard let shown = try? TransportURL(url.redactedDescription) else { throw Finding("what is shown is no URL") }
        for host in shown.hosts where host.password != nil && host.password != "***" {
            throw Finding("a password is shown")
        }
    }
}

/// Settings: a YAML file behind a first line `---`, else one a line as `key=value`, of the environment where the key is in
/// capitals.
enum SettingsTarget {
    private static let file =
        NSTemporaryDirectory() + "/fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString).yaml"

    static func run(_ input: [UInt8]) throws(Finding) {
        var arguments = SettingsArguments(values: [])
        var environment: [String: String] = [:]
        // Of this machine nothing is read.
        arguments.secretsDirectory = "/var/empty/none"
        if input.starts(with: "---\n".utf8) {
            guard FileManager.default.createFile(atPath: file, contents: Data(input)) else { throw Finding("no file") }
            arguments.configFile = file
        } else {
            for line in input.split(separator: 0x0A) {
                let parts = line.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
                let key = String(decoding: parts[0], as: UTF8.self)
                let value = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
                if key.hasPrefix("RPC_GATEWAY_") {
                    environment[key] = value
                } else {
                    arguments.values.append((key, value))
                }
            }
        }
        environment["RPC_GATEWAY_CONFIG_FILE"] = nil
        environment["RPC_GATEWAY_SECRETS_DIRECTORY"] = nil
        try check(arguments, environment)
        if arguments.configFile != nil { unlink(file) }
    }

    private static func check(_ arguments: SettingsArguments, _ environment: [String: String]) throws(Finding) {
        var settings = Settings()
        // What is wrong alone stands with all else in one error; each setting is read by itself below.
        if let loaded = try? Settings.load(arguments: arguments, environment: environment) {
            settings = loaded.settings
        }
        for setting in SettingsTable.all where !setting.isSecret {
            for (key, value) in arguments.values where key == setting.key {
                var tried = Settings()
                guard setting.apply(.text(value), &tried) else {
                    _ = setting.explain(.text(value))
                    continue
                }
                settings = tried
                try checkShown(setting, tried)
            }
            try checkShown(setting, settings)
        }
    }

    /// What is shown of a setting is taken again, and shown as the same.
    private static func checkShown(_ setting: Setting, _ settings: Settings) throws(Finding) {
        guard let shown = setting.show(settings) else { return }
        var again = Settings()
        guard setting.apply(shown, &again) else { throw Finding("\(setting.key): what is shown is not taken") }
        guard setting.show(again) == shown else {
            throw Finding("\(setting.key): what is shown is taken as another value")
        }
    }
}
