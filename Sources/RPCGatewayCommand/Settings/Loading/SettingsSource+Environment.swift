// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Configuration
internal import Glibc

extension SettingsSource {
    /// Variables that are read before there are settings.
    static let configFileVariable = EnvironmentName.prefix + "CONFIG"
    static let secretsDirectoryVariable = EnvironmentName.prefix + "SECRETS_DIR"
    /// Where systemd puts the credentials of a service (systemd.exec(5), `LoadCredential=`).
    static let credentialsDirectoryVariable = "CREDENTIALS_DIRECTORY"

    /// The environment.
    static func environment(_ variables: [String: String]) -> SettingsSource {
        let provider = EnvironmentVariablesProvider(environmentVariables: variables)
        let prefixed = provider.prefixKeys(with: ConfigKey(EnvironmentName.keyPrefix))
        return SettingsSource(name: "environment", snapshot: prefixed.snapshot()) {
            "environment variable \($0.environmentName)"
        }
    }

    /// The files that variables such as `RPC_GATEWAY_TRANSPORT_URL_FILE` name, for settings that are secrets.
    static func environmentFiles(_ variables: [String: String], problems: inout [SettingsProblem]) -> SettingsSource {
        var values: [String: String] = [:]
        for setting in SettingsTable.all where setting.isSecret {
            guard let path = variables[setting.environmentFileName] else { continue }
            let variable = "environment variable \(setting.environmentFileName)"
            do throws(SmallFileError) {
                values[setting.key] = try SmallFile.line(of: path)
            } catch {
                let reason = "file \(path) \(error.text)"
                problems.append(SettingsProblem(subject: setting.key, source: variable, reason: reason))
            }
            if variables[setting.environmentName] != nil {
                let reason = "is set together with \(setting.environmentName); keep one of them"
                problems.append(SettingsProblem(subject: setting.key, source: variable, reason: reason))
            }
        }
        return .secrets(values, name: "files of the environment") { setting in
            let path = variables[setting.environmentFileName] ?? ""
            return "file \(path) of environment variable \(setting.environmentFileName)"
        }
    }

    /// Variables with our prefix that no setting has.
    static func unknownVariables(in variables: [String: String]) -> [SettingsProblem] {
        let known =
            SettingsTable.all.map(\.environmentName) + [configFileVariable, secretsDirectoryVariable]
            + SettingsTable.all.filter(\.isSecret).map(\.environmentFileName)
        let unknown = variables.keys.filter {
            $0.hasPrefix(EnvironmentName.prefix) && !known.contains($0) && !EnvironmentName.isServiceLink($0)
        }
        return unknown.sorted().map { name in
            SettingsProblem(
                subject: name,
                source: "environment",
                reason: "unknown variable",
                suggestion: NearestName.of(name, in: known)
            )
        }
    }
}

/// The variables of this process's environment.
enum ProcessEnvironment {
    /// Read anew each time; the gateway itself takes some away before it has threads (`StartedSockets`).
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        // Right: the C library's array ends with nil and nothing in this process writes to it once there are threads.
        var index = 0
        while let text = unsafe environ[index] {
            let assignment = unsafe String(cString: text)
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            index += 1
        }
        return variables
    }
}
