// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Swift values from JSON and back, and the names that Python has for their types.
enum PythonValue {
    private static let serializer = JSONSerializer()

    /// The value of a JSON text.
    ///
    /// - Throws: what the decoder throws when the text does not fit the type.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: JSONText) throws -> Value {
        // The scalars that most arguments are need no decoder around them.
        let simple: Any? =
            switch type {
            case is JSONText.Type: text
            case is String.Type: text.stringValue
            case is Int.Type: Int(text.string)
            case is Bool.Type: text.string == "true" ? true : text.string == "false" ? false : nil
            default: nil
            }
        if let value = simple as? Value { return value }
        return try serializer.decode(type, from: text)
    }

    /// The JSON text of a result.
    ///
    /// - Throws: `UnserializableResult` for what JSON cannot hold.
    static func encode(_ value: some Encodable) throws -> JSONText {
        switch value {
        case let text as JSONText: return text
        case let string as String: return JSONText(string: string)
        case let integer as Int: return JSONText(validated: Array(String(integer).utf8)[...])
        default: break
        }
        do {
            return try serializer.encode(value)
        } catch {
            throw UnserializableResult(error)
        }
    }

    /// What Python calls the type of a JSON value.
    static func typeName(of text: JSONText) -> String {
        switch text.bytes.first {
        case 0x22: "str"
        case 0x7b: "dict"
        case 0x5b: "list"
        case 0x74, 0x66: "bool"
        case 0x6e: "NoneType"
        case 0x4e, 0x49: "float"
        default: text.bytes.contains { $0 == 0x2e || $0 == 0x65 || $0 == 0x45 || $0 == 0x49 } ? "float" : "int"
        }
    }

    /// What Python would call a Swift type.
    static func name<Value>(of type: Value.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "int"
        case is any BinaryFloatingPoint.Type: "float"
        case is String.Type: "str"
        case is Bool.Type: "bool"
        default: String(describing: type)
        }
    }
}
