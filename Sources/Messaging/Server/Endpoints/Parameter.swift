// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A keyword argument of a method: its name, and what it is when the caller leaves it out.
///
/// A string literal is a parameter that has to be given.
public struct Parameter<Value: Decodable & Sendable>: Sendable, ExpressibleByStringLiteral {
    /// The keyword.
    public let name: String
    /// The value of an argument that was not given; nil for a required one.
    public let defaultValue: Value?

    /// Makes a parameter that has to be given.
    public init(_ name: String) {
        self.name = name
        defaultValue = nil
    }

    /// Makes a parameter that may be left out.
    public init(_ name: String, default value: Value) {
        self.name = name
        defaultValue = value
    }

    /// Makes a parameter that has to be given.
    public init(stringLiteral name: String) { self.init(name) }
}
