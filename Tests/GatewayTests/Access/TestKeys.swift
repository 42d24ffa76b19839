// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import SeededRandom
import Testing

/// Two principals with their keys, and what lets them in.
struct TestKeys {
    let ci: String
    let ops: String
    let file: [UInt8]

    init() throws {
        var random = SeededRandom(seed: 1)
        let ci = try #require(NewKey(name: "ci", roles: ["builder"], expires: nil, using: &random))
        let ops = try #require(NewKey(name: "ops", roles: [], expires: nil, using: &random))
        (self.ci, self.ops) = (ci.key.text, ops.key.text)
        file = Array("\(ci.line)\n\(ops.line)\n".utf8)
    }

    /// What lets them in, and nobody else unless told.
    func access(anonymous: Bool? = nil) throws -> AccessControl {
        AccessControl(authenticator: Authenticator(keys: try KeyTable(file: file), takesAnonymous: anonymous)) { 1_000 }
    }

    static func bearer(_ key: String) -> (String, String) { ("Authorization", "Bearer \(key)") }
}
