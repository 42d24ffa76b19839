// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Makes text safe for one line of a log.
enum LogText {
    /// The most bytes of one text; what is longer is cut, so that no caller can flood the log with one value.
    static let maximumBytes = 8192

    /// Escapes as JSON does: quotes, backslashes, and everything that could end the line or steer a terminal.
    static func escaped(_ text: String) -> String {
        let text = limited(text)
        // Nearly all texts are plain, and bytes are looked at faster than characters.
        if text.utf8.allSatisfy({ isPlain($0) && $0 != 0x22 && $0 != 0x5C }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if needsEscape(scalar) {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The same for people: the backslash and the quote stay as they are.
    static func readable(_ text: String) -> String {
        let text = limited(text)
        if text.utf8.allSatisfy(isPlain) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00..<0x20, 0x7F..<0xA0: true
        // Line and paragraph separators, and the marks that reverse the direction of writing.
        case 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F: true
        default: false
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\"" || scalar == "\\" || isControl(scalar)
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
    }

    private static func limited(_ text: String) -> String {
        guard text.utf8.count > maximumBytes else { return text }
        // Decoding repairs a character that the cut has split.
        return String(decoding: text.utf8.prefix(maximumBytes), as: UTF8.self) + "…"
    }
}
