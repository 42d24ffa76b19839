// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A parameter of `prepare` that is either left as it was or set, possibly to nothing.
///
/// Write a value to set it, `nil` to remove it, and leave the parameter out to inherit it.
public enum Override<Value: Sendable>: Sendable {
    /// The value of the client it is prepared from.
    case inherited
    /// A new value; nil removes the inherited one.
    case value(Value?)

    /// The resulting value, given the inherited one.
    func resolved(_ inherited: Value?) -> Value? {
        switch self {
        case .inherited: inherited
        case .value(let value): value
        }
    }
}

extension Override: ExpressibleByNilLiteral {
    /// Removes the inherited value.
    public init(nilLiteral: ()) { self = .value(nil) }
}

extension Override: ExpressibleByUnicodeScalarLiteral where Value == String {
    /// Sets a text of one character.
    public init(unicodeScalarLiteral value: String) { self = .value(value) }
}

extension Override: ExpressibleByExtendedGraphemeClusterLiteral where Value == String {
    /// Sets a text of one character.
    public init(extendedGraphemeClusterLiteral value: String) { self = .value(value) }
}

extension Override: ExpressibleByStringLiteral where Value == String {
    /// Sets a text.
    public init(stringLiteral value: String) { self = .value(value) }
}

extension Override: ExpressibleByIntegerLiteral where Value == Int {
    /// Sets a number.
    public init(integerLiteral value: Int) { self = .value(value) }
}
