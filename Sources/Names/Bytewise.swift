// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A property whose texts came from outside: two values of its type are equal only if the bytes of these texts are.
///
/// The `==` and `hash(into:)` that the compiler writes for a type use those of the wrapper. So the type needs no `==`
/// of its own, and a property that is added later is compared too.
@propertyWrapper
public struct Bytewise<Value: BytewiseHashable>: Sendable, Hashable {
    /// The text or texts.
    public var wrappedValue: Value

    /// Wraps a text or texts.
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    /// Whether the bytes are the same.
    public static func == (left: Bytewise, right: Bytewise) -> Bool { left.wrappedValue.isSame(as: right.wrappedValue) }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) { wrappedValue.hashBytes(into: &hasher) }
}

/// What `Bytewise` can wrap: a text, a text that may be missing, several texts.
public protocol BytewiseHashable: Sendable {
    /// Whether the bytes are those of another value.
    func isSame(as other: Self) -> Bool

    /// Feeds the bytes.
    func hashBytes(into hasher: inout Hasher)
}

extension String: BytewiseHashable {
    /// Whether the bytes are those of another text.
    public func isSame(as other: String) -> Bool { utf8.count == other.utf8.count && Name(self) == Name(other) }

    /// Feeds the bytes and their end.
    public func hashBytes(into hasher: inout Hasher) { Name(self).hash(into: &hasher) }
}

extension Optional: BytewiseHashable where Wrapped: BytewiseHashable {
    /// Whether both are missing, or their bytes are the same.
    public func isSame(as other: Wrapped?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.isSame(as: other)
    }

    /// Feeds whether there is a value, and its bytes.
    public func hashBytes(into hasher: inout Hasher) {
        hasher.combine(self != nil)
        self?.hashBytes(into: &hasher)
    }
}

extension Array: BytewiseHashable where Element: BytewiseHashable {
    /// Whether the bytes of all elements are the same.
    public func isSame(as other: [Element]) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.isSame(as: $1) }
    }

    /// Feeds the number of elements and their bytes.
    public func hashBytes(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { element.hashBytes(into: &hasher) }
    }
}
