// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends an ASCII literal.
    mutating func append(ascii text: StaticString) {
        for offset in 0..<text.utf8CodeUnitCount { append(text.byte(at: offset)) }
    }

    /// Appends a string as a JSON string, quotes included.
    mutating func append(jsonString text: String) { append(contentsOf: JSONText(string: text).bytes) }

    /// Appends UTF-8 bytes as a JSON string, quotes included.
    mutating func append(jsonContent bytes: [UInt8]) {
        append(0x22)
        append(
            contentsOf: [UInt8].filled(capacity: JSONString.escapedCapacity(bytes.span)) { output in
                JSONString.escape(bytes.span, into: &output)
            }
        )
        append(0x22)
    }
}
