// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Whole numbers as settings are written: an optional minus and decimal digits, nothing else.
enum WholeNumber {
    static func parse(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}

/// Switches as settings are written; the words are those of oslo.config.
enum Switch {
    static let allowed = "true or false"

    static func parse(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}

/// Versions of RPC interfaces, `MAJOR.MINOR`.
enum VersionText {
    static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                (1...9).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
    }

    /// `none` is no version; nil means that the text is neither.
    static func parseOptional(_ text: String) -> String?? {
        if text == "none" { return .some(nil) }
        return isVersion(text) ? .some(text) : nil
    }
}
