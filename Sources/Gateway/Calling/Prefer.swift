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
    ///
    /// Byte by byte, without allocating for other preferences: a field may hold thousands.
    private static func value(_ fields: RequestFields, _ name: StaticString) -> String? {
        guard fields.contains("Prefer") else { return nil }
        for value in fields.values(of: "Prefer") {
            var rest = Array(value.utf8)[...]
            while !rest.isEmpty {
                var preference = rest.upTo(0x2c)
                rest = rest[preference.endIndex...].dropFirst()
                // What stands before the first parameter, which may be nothing.
                preference = preference.upTo(0x3b)
                let first = preference.upTo(0x3d)
                guard RequestFields.isSame(first.trimmed, name) else { continue }
                return String(decoding: preference[first.endIndex...].dropFirst().trimmed, as: UTF8.self)
            }
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// What stands before the first such byte; everything where there is none.
    fileprivate func upTo(_ byte: UInt8) -> Self { self[..<(firstIndex(of: byte) ?? endIndex)] }

    /// The bytes without blanks around them.
    fileprivate var trimmed: Self {
        let text = drop { $0 == 0x20 || $0 == 0x09 }
        let end = text.lastIndex { $0 != 0x20 && $0 != 0x09 }
        return text[..<(end.map { $0 + 1 } ?? text.startIndex)]
    }
}
