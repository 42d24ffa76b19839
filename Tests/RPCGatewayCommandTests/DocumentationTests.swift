// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import RPCGatewayCommand

struct DocumentationTests {
    /// The root of the repository.
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(of path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appendingPathComponent(path)), as: UTF8.self)
    }

    /// A setting's line in the table of `docs/configuration.md`.
    private static func row(_ setting: Setting) -> String {
        let fallback =
            switch setting.show(Settings()) {
            case .text(let text): "`\(text)`"
            case .list: "empty"
            case nil: setting.documentedDefault ?? ""
            }
        let cells = [
            "`\(setting.key)`", "`\(setting.environmentName)`", setting.type, fallback, setting.allowed,
            setting.meaning,
            setting.isReloadable ? "yes" : "no",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    @Test func theTableOfTheDocumentationIsTheTableOfTheCode() throws {
        let rows = try Self.text(of: "docs/configuration.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.map(String.init) == SettingsTable.all.map(Self.row))
    }

    @Test func theExampleLoadsAndNamesEveryKey() throws {
        let path = Self.root.appendingPathComponent("deploy/rpc-gateway.example.yaml").path
        let arguments = SettingsArguments(configFile: path)
        _ = try Settings.load(arguments: arguments, environment: [:])
        let lines = try Self.text(of: "deploy/rpc-gateway.example.yaml").split(separator: "\n")
        var section = ""
        var keys: [String] = []
        // A setting that is turned off looks like "  #key: value", prose like "  # A sentence."
        for line in lines where !line.hasPrefix("#") && !line.hasPrefix("  # ") {
            let name = line.drop { $0 == " " || $0 == "#" }.prefix { $0 != ":" }
            if line.hasPrefix(" ") { keys.append("\(section).\(name)") } else { section = String(name) }
        }
        #expect(keys == SettingsTable.all.map(\.key))
    }

    @Test func theExampleLoadsWithEveryLineTurnedOn() throws {
        let lines = try Self.text(of: "deploy/rpc-gateway.example.yaml").split(separator: "\n").map(String.init)
        let settings = lines.map { $0.hasPrefix("  #") && !$0.hasPrefix("  # ") ? "  " + $0.dropFirst(3) : $0 }
        let folder = TemporaryFolder()
        let full = folder.add("all.yaml", settings.joined(separator: "\n"))
        let loaded = try Settings.load(arguments: SettingsArguments(configFile: full), environment: [:])
        #expect(loaded.origins.count == SettingsTable.all.count)
    }
}
