// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
