// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The grammar of media types, as far as a field value needs it (RFC 9110 section 8.3.1).
enum MediaType {
    /// Whether a text is `type/subtype`, with parameters of printable ASCII after a semicolon if need be.
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }), text.utf8.last != 0x20 else { return false }
        let essence = text.prefix { $0 != ";" && $0 != " " }
        let names = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) }) else { return false }
        let rest = text.dropFirst(essence.count).drop { $0 == " " }
        return rest.isEmpty || rest.first == ";"
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
