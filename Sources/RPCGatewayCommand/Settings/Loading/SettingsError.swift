// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Everything that is wrong with the configuration, all at once.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let problems: [SettingsProblem]

    var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
