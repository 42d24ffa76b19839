// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A pattern for whole names: `*` stands for any characters, `?` for one, where a character is a Unicode scalar as in
/// Python's `fnmatch`.
struct Glob: Sendable, Equatable {
    private let pattern: [UInt8]

    init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    /// Whether the whole name matches: the greedy walk with one point to come back to, never exponential.
    func matches(_ name: String) -> Bool { matches(Array(name.utf8)) }

    private func matches(_ name: [UInt8]) -> Bool {
        var (position, index) = (0, 0)
        var star: (position: Int, index: Int)?
        while index < name.count {
            if position < pattern.count, pattern[position] == 0x2a {
                star = (position, index)
                position += 1
            } else if position < pattern.count, pattern[position] == 0x3f, Self.beginsScalar(name[index]) {
                position += 1
                repeat { index += 1 } while index < name.count && !Self.beginsScalar(name[index])
            } else if position < pattern.count, pattern[position] != 0x3f, pattern[position] == name[index] {
                position += 1
                index += 1
            } else if let last = star {
                star = (last.position, last.index + 1)
                (position, index) = (last.position + 1, last.index + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == 0x2a }
    }

    private static func beginsScalar(_ byte: UInt8) -> Bool { byte & 0xc0 != 0x80 }
}
