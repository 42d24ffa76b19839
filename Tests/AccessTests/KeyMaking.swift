// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Access

/// A key of a principal, the same for the same seed.
func newKey(_ name: String, roles: [String] = [], expires: String? = nil, seed: UInt64 = 1) throws -> NewKey {
    var numbers = SeededRandom(seed: seed)
    let time = try expires.map { text throws -> UTCTime in try #require(UTCTime(text)) }
    return try #require(NewKey(name: name, roles: roles, expires: time, using: &numbers))
}

/// The bytes of a file of lines.
func file(_ lines: String...) -> [UInt8] { Array(lines.joined(separator: "\n").utf8) }
