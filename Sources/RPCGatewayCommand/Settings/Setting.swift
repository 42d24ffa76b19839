// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// One setting: how it is named, read, checked and shown.
struct Setting: Sendable {
    /// A value as a source gives it.
    enum Raw: Sendable, Equatable {
        case text(String)
        case list([String])
    }

    /// The key in dots and camel case, as in the file.
    let key: String
    /// The type, as the documentation calls it.
    let type: String
    /// What values are allowed, as it ends the sentence "must be …".
    let allowed: String
    let meaning: String
    var isSecret = false
    /// Whether a reload can change it while the gateway runs.
    var isReloadable = false
    /// The option of the command line, for the few that have one of their own.
    var option: String?
    /// Whether several values are allowed.
    var isList = false
    /// The default as the documentation shows it, where the settings do not have it.
    var documentedDefault: String?
    /// Says more about why a value is not allowed; must not repeat a secret.
    var explain: @Sendable (Raw) -> String? = { _ in nil }
    /// Puts a value into the settings; false when it is not allowed.
    let apply: @Sendable (Raw, inout Settings) -> Bool
    /// Puts the value of some settings into others.
    let copy: @Sendable (Settings, inout Settings) -> Void
    /// The value in the settings as a source would give it, secrets redacted; nil when unset.
    let show: @Sendable (Settings) -> Raw?

    /// The environment variable's name: `http.maxBodyBytes` is `RPC_GATEWAY_HTTP_MAX_BODY_BYTES`.
    var environmentName: String { EnvironmentName.make(key) }

    /// The variable that names a file with the value, for a secret.
    var environmentFileName: String { environmentName + "_FILE" }
}
