// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The value of a Host field, `host [":" port]` (RFC 9110, section 7.2).
enum HostField {
    /// Whether it is a host. An empty value is one: that of a request whose target has no authority.
    static func isHost(_ value: UnsafeRawBufferPointer) -> Bool {
        value.first == UInt8(ascii: "[") ? isLiteral(value) : isName(value)
    }

    private static func isName(_ value: UnsafeRawBufferPointer) -> Bool {
        let characters = URICharacters.registeredName
        let end = value.firstIndex { !characters.contains($0) } ?? value.endIndex
        return isPort(value[end...])
    }

    private static func isLiteral(_ value: UnsafeRawBufferPointer) -> Bool {
        let characters = URICharacters.addressLiteral
        let end = value.dropFirst().firstIndex { !characters.contains($0) } ?? value.endIndex
        guard end > 1, end < value.endIndex, value[end] == UInt8(ascii: "]") else { return false }
        return isPort(value[(end + 1)...])
    }

    /// Whether it is empty, or a colon and any number of digits, even none.
    private static func isPort(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let colon = text.first else { return true }
        return colon == UInt8(ascii: ":") && text.dropFirst().allSatisfy { $0 &- 0x30 <= 9 }
    }
}
