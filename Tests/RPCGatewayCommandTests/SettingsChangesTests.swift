// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RPCGatewayCommand

struct SettingsChangesTests {
    /// A value other than the default for each setting.
    private func changed(_ setting: Setting) -> Settings? {
        let candidates = [
            "7", "70", "7000", "70000", "true", "false", "1.5", "trace", "json", "safe", "localhost:1", "other",
            "PLAIN",
            "shuffle",
            "gzip", "rabbit://u:p@h", "queue", "all", "a.B=404", "https://a.example", "none", "forwarded", "10.0.0.0/8",
            "0640", "1.3", "optional", "dns", "dns:a",
        ]
        let values = candidates.map { setting.isList ? Setting.Raw.list([$0]) : .text($0) }
        for value in values {
            var settings = Settings()
            if setting.apply(value, &settings), settings != Settings() { return settings }
        }
        return nil
    }

    @Test(arguments: SettingsTable.all.map(\.key))
    func eachChangeIsSeenAndAppliedWhereItCanBe(key: String) throws {
        let setting = try #require(SettingsTable.byKey[key])
        let new = try #require(changed(setting))
        let changes = new.changes(from: Settings())
        #expect(changes.applicable == (setting.isReloadable ? [key] : []))
        #expect(changes.needRestart == (setting.isReloadable ? [] : [key]))
        #expect(new.reloading(over: Settings()) == (setting.isReloadable ? new : Settings()))
    }

    @Test func aNewPasswordIsAChange() {
        var (old, new) = (Settings(), Settings())
        old.transport.url = "rabbit://u:one@h/"
        new.transport.url = "rabbit://u:two@h/"
        #expect(new.changes(from: old).needRestart == ["transport.url"])
        #expect(old.changes(from: old).isEmpty)
        new = old
        new.transport.password = "three"
        #expect(new.changes(from: old).needRestart == ["transport.password"])
    }
}
