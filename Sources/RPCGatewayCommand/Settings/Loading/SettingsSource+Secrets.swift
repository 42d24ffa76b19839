// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Configuration

extension SettingsSource {
    static let usualSecretsDirectory = "/run/secrets"

    /// A directory with one file a setting, named by its key (`transport.url`), or with dashes (`transport-url`).
    ///
    /// Other files are left alone: the directory may serve several programs.
    static func secrets(directory: String, problems: inout [SettingsProblem]) -> SettingsSource {
        var values: [String: String] = [:]
        for setting in SettingsTable.all {
            let dashed = String(setting.key.map { $0 == "." ? "-" : $0 })
            for name in [setting.key, dashed] {
                let path = "\(directory)/\(name)"
                do throws(SmallFileError) {
                    values[setting.key] = try SmallFile.line(of: path)
                } catch {
                    guard error != .missing else { continue }
                    let source = "secret file \(path)"
                    problems.append(SettingsProblem(subject: setting.key, source: source, reason: error.text))
                }
            }
        }
        return secrets(values, name: "secret files") { _ in "secret file in \(directory)" }
    }

    /// Secrets by the keys of their settings.
    static func secrets(
        _ values: [String: String],
        name: String,
        place: @escaping @Sendable (Setting) -> String
    ) -> SettingsSource {
        let pairs = values.map { (AbsoluteConfigKey(dotted: $0), ConfigValue(.string($1), isSecret: true)) }
        let provider = InMemoryProvider(name: "secrets", values: Dictionary(uniqueKeysWithValues: pairs))
        return SettingsSource(name: name, snapshot: provider.snapshot(), place: place)
    }
}
