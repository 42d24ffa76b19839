// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging

extension FieldValue {
    /// A JSON value as the value of a header: integers as narrow as they fit, other numbers as doubles.
    init(_ json: JSONText) {
        if let digits = Self.smallNumber(json.bytes) {
            self = .int32(digits)
        } else if let text = json.stringValue {
            self = .string(text)
        } else if let members = json.members {
            self = .table(FieldTable(entries: members.map { .init(key: $0.key, value: FieldValue($0.value)) }))
        } else if let elements = json.elements {
            self = .array(elements.map(FieldValue.init))
        } else {
            self.init(scalar: json.string)
        }
    }

    /// A number of a few digits, which is what most numbers are; nil for all else.
    private static func smallNumber(_ bytes: ArraySlice<UInt8>) -> Int32? {
        guard 1...9 ~= bytes.count else { return nil }
        var number: Int32 = 0
        for byte in bytes {
            guard 0x30...0x39 ~= byte else { return nil }
            number = number * 10 + Int32(byte - 0x30)
        }
        return number
    }

    private init(scalar text: String) {
        switch text {
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        default:
            if let integer = Int64(text) {
                self = Int32(exactly: integer).map { .int32($0) } ?? .int64(integer)
            } else {
                // Only null is left.
                self = Double(text).flatMap { $0.isFinite ? .double($0) : nil } ?? .void
            }
        }
    }
}

extension FieldValue {
    /// The value as JSON. What JSON does not know becomes the nearest thing that it does: a timestamp its seconds,
    /// bytes their Base64, not-a-number and infinity `null`.
    var json: JSONText {
        if case .void = self { return .null }
        var text: [UInt8] = []
        append(to: &text)
        // Valid by the code below: tables nest less deeply than JSON may.
        return JSONText(validated: text[...])
    }

    private func append(to text: inout [UInt8]) {
        switch self {
        case .bool(let value): text += value ? "true".utf8 : "false".utf8
        case .int32(let value): text += String(value).utf8
        case .int64(let value): text += String(value).utf8
        case .double(let value): text += value.isFinite ? String(value).utf8 : "null".utf8
        case .string(let value): Self.append(value, to: &text)
        case .bytes(let value): Self.append(Base64.encode(value), to: &text)
        case .timestamp(let value): text += String(value).utf8
        case .array(let values): Self.append(values, to: &text)
        case .table(let table): Self.append(table, to: &text)
        case .void: text += "null".utf8
        }
    }

    private static func append(_ string: String, to text: inout [UInt8]) {
        text += JSONText(string: string).bytes
    }

    private static func append(_ values: [FieldValue], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", ".utf8 }
            value.append(to: &text)
        }
        text.append(UInt8(ascii: "]"))
    }

    private static func append(_ table: FieldTable, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "{"))
        for (index, entry) in table.entries.enumerated() {
            if index > 0 { text += ", ".utf8 }
            append(entry.key, to: &text)
            text += ": ".utf8
            entry.value.append(to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }
}

/// Base64 (RFC 4648, section 4), for header values that are bytes.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
