// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Access

/// Numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}

/// A key of a principal, the same for the same seed.
func newKey(_ name: String, roles: [String] = [], expires: String? = nil, seed: UInt64 = 1) throws -> NewKey {
    var numbers = SeededNumbers(seed)
    let time = try expires.map { text throws -> UTCTime in try #require(UTCTime(text)) }
    return try #require(NewKey(name: name, roles: roles, expires: time, using: &numbers))
}

/// The bytes of a file of lines.
func file(_ lines: String...) -> [UInt8] { Array(lines.joined(separator: "\n").utf8) }
