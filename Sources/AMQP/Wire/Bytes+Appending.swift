// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends an integer in network order.
    mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        // Reading the bytes of an integer's own storage.
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends a length byte and at most 255 bytes; callers have refused longer strings before.
    mutating func append(shortString string: String) {
        let bytes = string.utf8.span
        let count = Swift.min(bytes.count, 255)
        append(UInt8(count))
        // Borrowed for the copy.
        bytes.withUnsafeBufferPointer { append(contentsOf: UnsafeBufferPointer(rebasing: $0[..<count])) }
    }

    /// Appends a four-byte length and the bytes.
    mutating func append(longBytes bytes: [UInt8]) {
        append(bigEndian: UInt32(bytes.count))
        append(contentsOf: bytes)
    }

    /// Appends up to eight flags as one byte, the first in the lowest bit.
    mutating func append(flags: Bool...) {
        append(flags.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
    }

    /// Replaces four bytes by an integer in network order.
    mutating func overwrite(bigEndian value: UInt32, at index: Int) {
        for offset in 0..<4 { self[index + offset] = UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(offset))) }
    }
}
