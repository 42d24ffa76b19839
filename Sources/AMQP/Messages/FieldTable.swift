// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// An ordered table of named values; the order is kept on the wire.
public struct FieldTable: Sendable, Hashable {
    /// One named value.
    public struct Entry: Sendable, Hashable {
        /// Name, at most 255 bytes.
        @Bytewise public var key: String
        /// Value.
        public var value: FieldValue

        /// Makes an entry.
        public init(key: String, value: FieldValue) {
            self.key = key
            self.value = value
        }
    }

    /// How many values are read of one received table, including those in nested tables and arrays. A frame may hold
    /// tens of thousands of a byte or two, and whoever reads them holds up everybody else meanwhile.
    public static let maximumValues = 4_096

    /// The entries in their order.
    public var entries: [Entry]
    /// Whether a received table had more values than are read: the first ones are there.
    public internal(set) var isCut = false

    /// Makes a table of entries.
    public init(entries: [Entry] = []) {
        self.entries = entries
    }

    init(_ elements: [(String, FieldValue)]) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }

    /// Whether there is no entry.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first entry with this name; setting replaces it, appends it or, with nil, removes it.
    public subscript(key: String) -> FieldValue? {
        get { entries.first { $0.key.isSame(as: key) }?.value }
        set {
            let index = entries.firstIndex { $0.key.isSame(as: key) }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension FieldTable: ExpressibleByDictionaryLiteral {
    /// A table in the order of the literal.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        self.init(elements)
    }
}

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
