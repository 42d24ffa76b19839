// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// As a part of other values a JSON text is the value it stands for: JSON coders may then write numbers and the order
/// of keys differently. A text that is the whole argument or result of a method keeps its bytes.
extension JSONText: Codable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads any value.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            self = try Self.object(container)
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONText] = []
            while !container.isAtEnd { elements.append(try container.decode(JSONText.self)) }
            self.init(elements: elements)
        } else {
            self = try Self.scalar(try decoder.singleValueContainer())
        }
    }

    private static func object(_ container: KeyedDecodingContainer<Key>) throws -> JSONText {
        var text: [UInt8] = [0x7b]
        for (index, key) in container.allKeys.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(jsonString: key.stringValue)
            text.append(ascii: ": ")
            text.append(contentsOf: try container.decode(JSONText.self, forKey: key).bytes)
        }
        text.append(0x7d)
        return JSONText(validated: text[...])
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSONText {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return try JSONText(flag ? "true" : "false") }
        if let integer = try? container.decode(Int64.self) { return try JSONText(String(integer)) }
        if let integer = try? container.decode(UInt64.self) { return try JSONText(String(integer)) }
        if let number = try? container.decode(Double.self) { return try JSONText("\(number)") }
        return JSONText(string: try container.decode(String.self))
    }

    /// Writes the value.
    public func encode(to encoder: any Encoder) throws {
        if let members {
            var container = encoder.container(keyedBy: Key.self)
            for member in members { try container.encode(member.value, forKey: Key(stringValue: member.key)) }
        } else if let elements {
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        } else {
            var container = encoder.singleValueContainer()
            try encodeScalar(&container)
        }
    }

    private func encodeScalar(_ container: inout any SingleValueEncodingContainer) throws {
        if self == .null { return try container.encodeNil() }
        if let text = stringValue { return try container.encode(text) }
        switch string {
        case "true": try container.encode(true)
        case "false": try container.encode(false)
        case let number:
            if let integer = Int64(number) { return try container.encode(integer) }
            if let integer = UInt64(number) { return try container.encode(integer) }
            guard let value = Double(number), value.isFinite else {
                let context = EncodingError.Context(
                    codingPath: container.codingPath,
                    debugDescription: "no such number"
                )
                throw EncodingError.invalidValue(self, context)
            }
            try container.encode(value)
        }
    }
}
