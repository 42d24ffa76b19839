//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer

/// How gathered replies are written.
enum GatherForm: Sendable {
    /// One JSON array.
    case array
    /// One JSON text a line (`application/x-ndjson`).
    case lines

    /// Lines where `Accept` lists their type, and not with the weight 0.
    init(_ fields: RequestFields) {
        let isLines = fields.values(of: "Accept").contains { $0.split(separator: ",").contains(where: Self.namesLines) }
        self = isLines ? .lines : .array
    }

    private static func namesLines(_ range: Substring) -> Bool {
        let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        guard parts.first == "application/x-ndjson" else { return false }
        return !parts.dropFirst().contains {
            $0.hasPrefix("q=0") && $0.dropFirst(3).allSatisfy { $0 == "." || $0 == "0" }
        }
    }

    var contentType: String { self == .array ? "application/json" : "application/x-ndjson" }
}
