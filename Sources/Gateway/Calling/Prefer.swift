//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer

/// The preferences of a request (RFC 7240) that the gateway honours.
enum Prefer {
    /// The seconds of `wait`; nil when it is absent or malformed: a preference never makes a request wrong.
    static func wait(_ fields: RequestFields) -> Duration? {
        guard fields.bytes(of: "Prefer") != nil else { return nil }
        for value in fields.values(of: "Prefer") {
            for preference in value.split(separator: ",") {
                // What stands before the first parameter; nothing may stand there.
                let pair = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, trimmed(pair[0]).lowercased() == "wait" else { continue }
                guard let seconds = DecimalSeconds.parse(trimmed(pair[1])), seconds > .zero else { return nil }
                return seconds
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
