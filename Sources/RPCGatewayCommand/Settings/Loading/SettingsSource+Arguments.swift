// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Configuration

/// What the command line says about settings.
struct SettingsArguments: Sendable, Equatable {
    /// Keys and values in the order given; of a key given twice the last one counts.
    var values: [(key: String, value: String)] = []
    var configFile: String?
    var secretsDirectory: String?
    /// Whether the settings are to serve with, which not all can that are right for a client.
    var areForServing = false

    static func == (one: SettingsArguments, other: SettingsArguments) -> Bool {
        one.configFile == other.configFile && one.secretsDirectory == other.secretsDirectory
            && one.areForServing == other.areForServing
            && one.values.elementsEqual(other.values) { $0 == $1 }
    }
}

extension SettingsSource {
    /// The command line.
    static func arguments(_ arguments: SettingsArguments) -> SettingsSource {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in arguments.values {
            values[AbsoluteConfigKey(dotted: key)] = .init(.string(value), isSecret: false)
        }
        let provider = InMemoryProvider(name: "command line", values: values)
        return SettingsSource(name: "command line", snapshot: provider.snapshot()) { setting in
            setting.option.map { "option \($0)" } ?? "option --set"
        }
    }

    /// Keys of the command line that no setting has.
    static func unknownKeys(in arguments: SettingsArguments) -> [SettingsProblem] {
        arguments.values.map(\.key).filter { SettingsTable.byKey[$0] == nil }.map { key in
            SettingsProblem(
                subject: key,
                source: "option --set",
                reason: "unknown key",
                suggestion: NearestName.of(key, in: SettingsTable.byKey.keys)
            )
        }
    }
}
