// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import Testing

/// Two principals with their keys, and what lets them in.
struct TestKeys {
    let ci: String
    let ops: String
    let file: [UInt8]

    init() throws {
        var random = SmallRandomNumbers(state: 1)
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

/// Numbers that are the same in every run.
private struct SmallRandomNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}
