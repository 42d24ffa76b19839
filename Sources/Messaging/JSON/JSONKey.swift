// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Lets a `switch` over the bytes of a key have texts as its cases.
func ~= (text: StaticString, key: [UInt8]) -> Bool {
    guard key.count == text.utf8CodeUnitCount else { return false }
    for offset in key.indices where key[offset] != text.byte(at: offset) { return false }
    return true
}
