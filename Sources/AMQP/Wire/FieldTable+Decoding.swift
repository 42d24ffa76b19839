// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension WireReader {
    // Real tables nest two or three deep; without a bound a hostile peer could exhaust the stack. Deeper ones read as
    // empty, not as malformed: the broker passes them on, and a message that ended every connection it reached would
    // come again and again.
    private static var maximumDepth: Int { 32 }

    /// Reads a field table with its length: no more than the first `FieldTable.maximumValues` values, however they nest.
    mutating func table() throws(Malformed) -> FieldTable {
        var left = FieldTable.maximumValues
        var table = try table(depth: 0, &left)
        table.isCut = left < 0
        return table
    }

    /// - Parameter left: how many values may still be read; below 0 once there were more.
    private mutating func table(depth: Int, _ left: inout Int) throws(Malformed) -> FieldTable {
        var content = WireReader(try longBytes())
        var table = FieldTable()
        guard depth < Self.maximumDepth else { return table }
        while !content.isAtEnd {
            left -= 1
            guard left >= 0 else { break }
            let key = try content.shortString()
            table.entries.append(FieldTable.Entry(key: key, value: try content.fieldValue(depth: depth, &left)))
        }
        return table
    }

    private mutating func fieldValue(depth: Int, _ left: inout Int) throws(Malformed) -> FieldValue {
        switch try integer(UInt8.self) {
        case UInt8(ascii: "S"): .string(String(decoding: try longBytes(), as: UTF8.self))
        case UInt8(ascii: "x"): .bytes(Array(try longBytes()))
        case UInt8(ascii: "F"): .table(try table(depth: depth + 1, &left))
        case UInt8(ascii: "A"): .array(try array(depth: depth + 1, &left))
        case UInt8(ascii: "T"): .timestamp(try integer())
        case UInt8(ascii: "V"): .void
        case let octet: try number(octet)
        }
    }

    private mutating func number(_ octet: UInt8) throws(Malformed) -> FieldValue {
        switch octet {
        case UInt8(ascii: "t"): .bool(try integer(UInt8.self) != 0)
        case UInt8(ascii: "b"): .int32(Int32(try integer(Int8.self)))
        case UInt8(ascii: "B"): .int32(Int32(try integer(UInt8.self)))
        case UInt8(ascii: "s"): .int32(Int32(try integer(Int16.self)))
        case UInt8(ascii: "u"): .int32(Int32(try integer(UInt16.self)))
        case UInt8(ascii: "I"): .int32(try integer())
        case UInt8(ascii: "i"): .int64(Int64(try integer(UInt32.self)))
        case UInt8(ascii: "l"), UInt8(ascii: "L"): .int64(try integer())
        case UInt8(ascii: "f"): .double(Double(Float(bitPattern: try integer())))
        case UInt8(ascii: "d"): .double(Double(bitPattern: try integer()))
        case UInt8(ascii: "D"): try decimal()
        default: throw Malformed()
        }
    }

    private mutating func decimal() throws(Malformed) -> FieldValue {
        let scale = try integer(UInt8.self)
        var value = Double(try integer(UInt32.self))
        for _ in 0..<scale { value /= 10 }
        return .double(value)
    }

    private mutating func array(depth: Int, _ left: inout Int) throws(Malformed) -> [FieldValue] {
        var content = WireReader(try longBytes())
        var values: [FieldValue] = []
        guard depth < Self.maximumDepth else { return values }
        while !content.isAtEnd {
            left -= 1
            guard left >= 0 else { break }
            values.append(try content.fieldValue(depth: depth, &left))
        }
        return values
    }
}
