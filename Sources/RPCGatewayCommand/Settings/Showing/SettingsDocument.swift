// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Settings as a YAML file that could be loaded again, except for its secrets.
enum SettingsDocument {
    static func text(of loaded: LoadedSettings) -> String {
        var lines: [String] = []
        var section = ""
        for setting in SettingsTable.all {
            let parts = setting.key.split(separator: ".", maxSplits: 1)
            if parts[0] != section {
                section = String(parts[0])
                lines.append("\(section):")
            }
            lines.append(line(setting, name: String(parts[1]), loaded))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ setting: Setting, name: String, _ loaded: LoadedSettings) -> String {
        let origin = printable(loaded.origins[setting.key] ?? "default")
        // What the driver decides is shown as a comment, so that loading this text sets only what was set.
        guard let value = setting.show(loaded.settings) else {
            return "  # \(name): \(setting.documentedDefault ?? "")  # default"
        }
        return "  \(name): \(scalar(value))  # \(origin)"
    }

    private static func scalar(_ raw: Setting.Raw) -> String {
        switch raw {
        case .text(let text): isPlain(text) ? text : quoted(text)
        case .list(let items): "[" + items.map(quoted).joined(separator: ", ") + "]"
        }
    }

    /// Words and numbers need no quotes in YAML.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += hexadecimal(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }

    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}
