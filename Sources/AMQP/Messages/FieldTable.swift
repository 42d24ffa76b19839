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

    /// The entries in their order.
    public var entries: [Entry]

    /// Makes a table of entries.
    public init(entries: [Entry] = []) {
        self.entries = entries
    }

    init(_ elements: [(String, FieldValue)]) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }

    /// Whether there is no entry.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first entry with this name; setting replaces it, appends it, or with nil removes it.
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
