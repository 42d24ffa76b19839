// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// How many values the outermost object of a text has, found before any of them is taken out.
///
/// Taking millions of tiny values out of a long text would need many times its memory.
enum JSONSize {
    /// Whether an object has at most so many members.
    static func members(of text: JSONText, isAtMost limit: Int) -> Bool {
        var (depth, commas) = (0, 0)
        var string = InString()
        for byte in text.bytes where !string.holds(byte) {
            switch byte {
            case 0x5b, 0x7b: depth += 1
            case 0x5d, 0x7d: depth -= 1
            case 0x2c where depth == 1: commas += 1
            default: break
            }
            if commas >= limit { return false }
        }
        return true
    }

    /// Whether the bytes that pass by are part of a JSON string.
    private struct InString {
        private var isInside = false
        private var isEscaped = false

        /// Takes the next byte; true when it belongs to a string.
        mutating func holds(_ byte: UInt8) -> Bool {
            guard isInside else {
                isInside = byte == 0x22
                return isInside
            }
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5c {
                isEscaped = true
            } else if byte == 0x22 {
                isInside = false
            }
            return true
        }
    }
}
