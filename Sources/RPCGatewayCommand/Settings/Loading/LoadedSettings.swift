// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Settings, and where each of them comes from.
struct LoadedSettings: Sendable, Equatable {
    var settings: Settings
    /// Sources by key; a key that is missing here has its default.
    var origins: [String: String]
}
