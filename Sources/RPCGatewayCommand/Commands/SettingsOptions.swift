// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc

/// The options about settings that all commands share.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("YAML file with settings. (environment: RPC_GATEWAY_CONFIG)", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("secrets-dir"),
        help: ArgumentHelp(
            "Directory with one file a setting, such as transport.url. (default: /run/secrets if it exists)",
            valueName: "directory"
        )
    )
    var secretsDirectory: String?

    @Option(
        name: .customLong("transport-url"),
        help: ArgumentHelp(
            "The broker: rabbit://user:password@host:5672/vhost. The command line is no secret: prefer the environment.",
            valueName: "url"
        )
    )
    var transportURL: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any other setting, such as rpc.retry=3; may be repeated.", valueName: "key=value")
    )
    var assignments: [String] = []

    func validate() throws {
        for assignment in assignments where !assignment.contains("=") || assignment.hasPrefix("=") {
            throw ValidationError("--set needs KEY=VALUE, not '\(assignment)'")
        }
    }

    /// What these options say; `more` are keys and values of the command's own options.
    func arguments(_ more: [(key: String, value: String?)] = []) -> SettingsArguments {
        var values = assignments.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (key: String(parts[0]), value: String(parts[1]))
        }
        for (key, value) in [("transport.url", transportURL), ("log.level", logLevel)] + more {
            if let value { values.append((key, value)) }
        }
        return SettingsArguments(values: values, configFile: config, secretsDirectory: secretsDirectory)
    }
}

extension SettingsArguments {
    /// Reads the settings; prints what is wrong and ends the command with `Outcome.usage`.
    func load() throws -> LoadedSettings {
        do {
            return try Settings.load(arguments: self, environment: ProcessEnvironment.variables)
        } catch {
            StandardError.print(error.report)
            throw Outcome.usage.exitCode
        }
    }
}

extension SettingsError {
    /// The list for the person at the terminal.
    var report: String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return "configuration: \(count)\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
