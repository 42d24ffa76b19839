// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Configuration
import Testing

@testable import RPCGatewayCommand

struct SettingsTableTests {
    @Test func keysAndVariablesAreUnique() {
        #expect(Set(SettingsTable.all.map(\.key)).count == SettingsTable.all.count)
        #expect(Set(SettingsTable.all.map(\.environmentName)).count == SettingsTable.all.count)
    }

    @Test func variablesAreNamedAsTheEnvironmentProviderReadsThem() throws {
        for setting in SettingsTable.all {
            let source = SettingsSource.environment([setting.environmentName: "found"])
            #expect(source.answer(for: setting) == .value(setting.isList ? .list(["found"]) : .text("found")))
        }
    }

    @Test func everyDefaultIsAllowed() {
        for setting in SettingsTable.all where !setting.isSecret {
            guard let value = setting.show(Settings()) else { continue }
            var settings = Settings()
            #expect(setting.apply(value, &settings))
            #expect(settings == Settings())
        }
    }

    @Test func everyOptionBelongsToASetting() throws {
        for setting in SettingsTable.all {
            guard let option = setting.option else { continue }
            let command = try RPCGateway.parseAsRoot(["serve", option, "x"])
            let values = try #require(command as? ServeCommand).options.arguments.values
            #expect(values.map(\.key) == [setting.key] && values.map(\.value) == ["x"])
        }
    }

    @Test func onlyTheTransportIsSecret() {
        #expect(SettingsTable.all.filter(\.isSecret).map(\.key) == ["transport.url", "transport.password"])
    }
}
