// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends a field table with its four-byte length.
    mutating func append(table: FieldTable) {
        appendCounted { bytes in
            for entry in table.entries {
                bytes.append(shortString: entry.key)
                bytes.append(field: entry.value)
            }
        }
    }

    private mutating func append(field value: FieldValue) {
        append(value.typeOctet)
        switch value {
        case .bool(let value): append(value ? 1 : 0)
        case .int32(let value): append(bigEndian: value)
        case .int64(let value): append(bigEndian: value)
        case .double(let value): append(bigEndian: value.bitPattern)
        case .string(let value): append(longBytes: Array(value.utf8))
        case .bytes(let value): append(longBytes: value)
        case .timestamp(let value): append(bigEndian: value)
        case .array(let values): appendCounted { bytes in values.forEach { bytes.append(field: $0) } }
        case .table(let table): append(table: table)
        case .void: break
        }
    }

    private mutating func appendCounted(_ body: (inout [UInt8]) -> Void) {
        let start = count
        append(bigEndian: UInt32(0))
        body(&self)
        overwrite(bigEndian: UInt32(count - start - 4), at: start)
    }
}

extension FieldValue {
    var typeOctet: UInt8 {
        switch self {
        case .bool: UInt8(ascii: "t")
        case .int32: UInt8(ascii: "I")
        case .int64: UInt8(ascii: "l")
        case .double: UInt8(ascii: "d")
        case .string: UInt8(ascii: "S")
        case .bytes: UInt8(ascii: "x")
        case .timestamp: UInt8(ascii: "T")
        case .array: UInt8(ascii: "A")
        case .table: UInt8(ascii: "F")
        case .void: UInt8(ascii: "V")
        }
    }

    fileprivate var hasEncodableTables: Bool {
        switch self {
        case .table(let table): table.isEncodable
        case .array(let values): values.allSatisfy(\.hasEncodableTables)
        default: true
        }
    }
}

extension FieldTable {
    /// Whether every name fits a short string.
    var isEncodable: Bool {
        entries.allSatisfy { $0.key.utf8.count <= 255 && $0.value.hasEncodableTables }
    }
}
