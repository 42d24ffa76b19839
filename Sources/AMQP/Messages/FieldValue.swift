// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A value of a field table.
public enum FieldValue: Sendable, Hashable {
    /// Type `t`.
    case bool(Bool)
    /// Type `I`; narrower integers are read into it.
    case int32(Int32)
    /// Type `l`; wider integers are read into it.
    case int64(Int64)
    /// Type `d`.
    case double(Double)
    /// Type `S`, as text.
    case string(String)
    /// Type `x`.
    case bytes([UInt8])
    /// Type `T`, seconds since 1970.
    case timestamp(UInt64)
    /// Type `A`.
    case array([FieldValue])
    /// Type `F`.
    case table(FieldTable)
    /// Type `V`.
    case void
}

extension FieldValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// A `bool`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// An `int32`.
    public init(integerLiteral value: Int32) { self = .int32(value) }

    /// A `string`.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension FieldValue: ExpressibleByDictionaryLiteral {
    /// A `table`.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        self = .table(FieldTable(elements))
    }
}
