// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// How gathered replies are written.
enum GatherForm: Sendable {
    /// One JSON array.
    case array
    /// One JSON text a line (`application/x-ndjson`).
    case lines

    /// Lines where `Accept` lists their type, and not with the weight 0.
    init(_ fields: RequestFields) {
        let isLines = fields.values(of: "Accept").contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains(where: Self.namesLines)
        }
        self = isLines ? .lines : .array
    }

    private static func namesLines(_ range: Substring.UTF8View) -> Bool {
        let parts = range.split(separator: UInt8(ascii: ";")).map(folded)
        guard parts.first == Array("application/x-ndjson".utf8) else { return false }
        return !parts.dropFirst().contains { part in
            part.starts(with: "q=0".utf8) && part.dropFirst(3).allSatisfy { ".0".utf8.contains($0) }
        }
    }

    /// The bytes without blanks, ASCII letters in lower case.
    private static func folded(_ part: Substring.UTF8View) -> [UInt8] {
        part.filter { $0 != 0x20 && $0 != 0x09 }.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
    }

    var contentType: String { self == .array ? "application/json" : "application/x-ndjson" }
}
