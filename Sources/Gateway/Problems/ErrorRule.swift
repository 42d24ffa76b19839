//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// An operator's status for remote exceptions whose `module.Class` matches a pattern.
public struct ErrorRule: Sendable, Equatable {
    /// The pattern: `*` stands for any characters, `?` for one.
    public var pattern: String
    /// The status, 400 to 599.
    public var status: Int

    /// Makes a rule.
    public init(pattern: String, status: Int) {
        self.pattern = pattern
        self.status = status
    }

    /// Whether the whole name matches the pattern.
    public func matches(_ name: String) -> Bool { Self.matches(Array(pattern.utf8), Array(name.utf8)) }

    /// The greedy walk with one point to come back to: linear in practice, never exponential.
    private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (position, index) = (0, 0)
        var star: (position: Int, index: Int)?
        while index < name.count {
            if position < pattern.count, pattern[position] == 0x2a {
                star = (position, index)
                position += 1
            } else if position < pattern.count, pattern[position] == 0x3f || pattern[position] == name[index] {
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
}
