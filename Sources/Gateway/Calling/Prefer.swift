// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// The preferences of a request (RFC 7240) that the gateway honours.
enum Prefer {
    /// The seconds of `wait`; nil when it is absent or malformed: a preference never makes a request wrong.
    static func wait(_ fields: RequestFields) -> Duration? {
        guard let value = value(fields, "wait"), let seconds = DecimalSeconds.parse(value), seconds > .zero else {
            return nil
        }
        return seconds
    }

    /// Whether the answer may come later (`respond-async`).
    static func isLater(_ fields: RequestFields) -> Bool { value(fields, "respond-async") == "" }

    /// The value of the first preference of a name; empty for one that stands without a value.
    private static func value(_ fields: RequestFields, _ name: String) -> String? {
        guard fields.contains("Prefer") else { return nil }
        for value in fields.values(of: "Prefer") {
            for preference in value.split(separator: ",") {
                // What stands before the first parameter; nothing may stand there.
                let pair = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                guard let first = pair.first, trimmed(first).lowercased() == name else { continue }
                return pair.count == 2 ? trimmed(pair[1]) : ""
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
