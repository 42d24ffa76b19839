// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a reload would change.
struct SettingsChanges: Sendable, Equatable {
    /// Keys that can be applied while the gateway runs.
    var applicable: [String] = []
    /// Keys that keep their old values until a restart.
    var needRestart: [String] = []

    var isEmpty: Bool { applicable.isEmpty && needRestart.isEmpty }
}

extension Settings {
    /// The keys whose values differ from those of other settings, in the order of the table.
    func changes(from old: Settings) -> SettingsChanges {
        var changes = SettingsChanges()
        for setting in SettingsTable.all where setting.differs(self, old) {
            if setting.isReloadable {
                changes.applicable.append(setting.key)
            } else {
                changes.needRestart.append(setting.key)
            }
        }
        return changes
    }

    /// These settings, but with the old values where a change needs a restart: what a reload applies.
    func reloading(over old: Settings) -> Settings {
        var merged = old
        for setting in SettingsTable.all where setting.isReloadable { setting.copy(self, &merged) }
        return merged
    }
}

extension Setting {
    /// By the values themselves, as secrets are shown redacted.
    fileprivate func differs(_ one: Settings, _ other: Settings) -> Bool {
        var mixed = other
        copy(one, &mixed)
        return mixed != other
    }
}
