// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A golden capture of real oslo.messaging.
struct Vector {
    let name: String
    let body: [UInt8]
    let inner: String
    private let object: [String: Any]

    init(_ name: String) throws {
        self.name = name
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name).json"))
        object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let text = try #require(object["body_utf8"] as? String)
        body = Array(text.utf8)
        // A message without the envelope is its own inner message.
        inner = object["inner_utf8"] as? String ?? text
    }

    /// The text of a member of the inner message, cut out of it as it stands.
    func identifier(_ key: String) throws -> String {
        let range = try #require(inner.range(of: "\"\(key)\": \""))
        return String(inner[range.upperBound...].prefix { $0 != "\"" })
    }
}
