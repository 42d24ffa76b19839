// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Lets a `switch` over the bytes of a key have literals as its cases.
func ~= (text: StaticString, key: ArraySlice<UInt8>) -> Bool {
    let bytes = key.span
    return JSONScanner.equals(bytes, 0..<bytes.count, text)
}
