// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// A header table as a JSON object that can stand in a header field: ASCII, on one line.
enum HeaderJSON {
    static func text(_ headers: [PlainMessage.Header]) -> String {
        let members = headers.map { "\(ascii(JSONText(string: $0.name).string)):\(ascii($0.value.string))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// The same JSON text without characters beyond ASCII, which stand in strings only, and without line breaks, which
    /// stand between tokens only.
    private static func ascii(_ json: String) -> String {
        var text = ""
        for unit in json.utf16 {
            switch unit {
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            case 0x09, 0x0a, 0x0d: text += " "
            default: text += "\\u" + String(0x10000 + UInt32(unit), radix: 16).dropFirst()
            }
        }
        return text
    }
}
