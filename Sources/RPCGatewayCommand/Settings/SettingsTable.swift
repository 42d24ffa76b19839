// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Every setting there is, in the order in which they are documented and shown.
enum SettingsTable {
    static let all =
        http + tls + access + limits + transport + rpc + errors + health + features + rest + SettingsTable.rabbit

    static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    /// The longest time in milliseconds that makes sense anywhere: a day.
    static let longest = 86_400_000
}
