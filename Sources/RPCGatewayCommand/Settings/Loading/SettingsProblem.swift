// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with the configuration.
struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
    /// The key, or the name of the file or variable.
    var subject: String
    /// Where it was set: `environment variable RPC_GATEWAY_HTTP_LOOPS`, `file gateway.yaml`.
    var source: String?
    /// The value as written, safe to show.
    var value: String?
    /// What is wrong, and what would be right.
    var reason: String
    var suggestion: String?

    /// One line.
    var description: String {
        var text = subject
        if let value { text += ": " + Self.quoted(value) }
        if let source { text += " (\(source))" }
        text += ": " + reason
        if let suggestion { text += "; did you mean \(suggestion)?" }
        return Self.oneLine(text)
    }

    private static func quoted(_ value: String) -> String {
        "\"" + (value.count > 100 ? value.prefix(100) + "…" : value[...]) + "\""
    }

    /// The text as one line: a value may hold anything, and must neither break the line nor steer the terminal.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

/// Everything that is wrong with the configuration, all at once.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let problems: [SettingsProblem]

    var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
