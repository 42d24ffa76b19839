// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What the command line says about settings.
struct SettingsArguments: Sendable, Equatable {
    /// Keys and values in the order given; of a key given twice the last one counts.
    var values: [(key: String, value: String)] = []
    var configFile: String?
    var secretsDirectory: String?

    static func == (one: SettingsArguments, other: SettingsArguments) -> Bool {
        one.configFile == other.configFile && one.secretsDirectory == other.secretsDirectory
            && one.values.elementsEqual(other.values) { $0 == $1 }
    }
}
