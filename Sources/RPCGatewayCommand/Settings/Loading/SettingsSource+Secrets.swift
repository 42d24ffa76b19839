// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Configuration

extension SettingsSource {
    static let usualSecretsDirectory = "/run/secrets"

    /// A directory with one file a setting, named by its key (`transport.url`), or with dashes (`transport-url`).
    ///
    /// Other files are left alone: the directory may serve several programs.
    static func secrets(directory: String, problems: inout [SettingsProblem]) -> SettingsSource {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for setting in SettingsTable.all {
            let dashed = String(setting.key.map { $0 == "." ? "-" : $0 })
            for name in [setting.key, dashed] {
                guard let text = text(ofSecret: "\(directory)/\(name)", setting, &problems) else { continue }
                let key = AbsoluteConfigKey(dotted: setting.key)
                values[key] = ConfigValue(.string(text), isSecret: true)
            }
        }
        let provider = InMemoryProvider(name: "secrets", values: values)
        return SettingsSource(name: "secret files", snapshot: provider.snapshot()) { setting in
            "secret file in \(directory)"
        }
    }

    private static func text(
        ofSecret path: String,
        _ setting: Setting,
        _ problems: inout [SettingsProblem]
    ) -> String? {
        do {
            let bytes = try SmallFile.bytes(of: path)
            let text = String(decoding: bytes, as: UTF8.self)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        } catch {
            guard error != .missing else { return nil }
            problems.append(SettingsProblem(subject: setting.key, source: "secret file \(path)", reason: error.text))
            return nil
        }
    }
}
