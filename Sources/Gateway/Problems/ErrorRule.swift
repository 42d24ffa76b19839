// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
    public func matches(_ name: String) -> Bool { Glob(pattern).matches(name) }
}
