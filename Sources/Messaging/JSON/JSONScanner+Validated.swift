// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Finding the ends of values in a text that was validated before: only quotes and brackets are looked for.
///
/// Nothing is read beyond the bytes, whatever they are, and every call that is given a byte passes at least that one.
extension JSONScanner {
    /// Passes the value at whose first byte the scanner is, and returns its range.
    mutating func validatedValue(_ bytes: Span<UInt8>) -> Range<Int> {
        let start = index
        guard index < bytes.count else { return start..<start }
        switch bytes[index] {
        case 0x22:
            index &+= 1
            passString(bytes)
        case 0x5b, 0x7b: passContainer(bytes)
        default:
            repeat { index &+= 1 } while index < bytes.count && !Self.endsScalar(bytes[index])
        }
        return start..<index
    }

    /// Passes the rest of a string and its closing quote.
    mutating func passString(_ bytes: Span<UInt8>) {
        var position = index
        while position < bytes.count {
            if position &+ 8 <= bytes.count {
                let stop = JSONWord.special(JSONWord.load(bytes, at: position))
                guard stop != 0 else {
                    position &+= 8
                    continue
                }
                position &+= stop.trailingZeroBitCount >> 3
            }
            switch bytes[position] {
            case 0x22:
                index = position &+ 1
                return
            // What is escaped is one byte, or `u` and digits, which are plain.
            case 0x5c: position &+= 2
            default: position &+= 1
            }
        }
        index = bytes.count
    }

    /// Passes an array or an object with all that is inside.
    private mutating func passContainer(_ bytes: Span<UInt8>) {
        index &+= 1
        var depth = 1
        while index &+ 8 <= bytes.count {
            let marks = JSONWord.Brackets(JSONWord.load(bytes, at: index))
            let closed = marks.closing.nonzeroBitCount
            if closed < depth {
                depth &+= marks.opening.nonzeroBitCount &- closed
                index &+= marks.length
            } else if passBrackets(bytes, marks.length, &depth) {
                return
            }
            if marks.length < 8 {
                index &+= 1
                passString(bytes)
            }
        }
        while index < bytes.count {
            if passBrackets(bytes, 1, &depth) { return }
            if bytes[index &- 1] == 0x22 { passString(bytes) }
        }
    }

    /// Passes some bytes one by one; true when the last container has been closed, and then no more of them.
    @inline(__always)
    private mutating func passBrackets(_ bytes: Span<UInt8>, _ count: Int, _ depth: inout Int) -> Bool {
        for _ in 0..<count {
            let byte = bytes[index]
            index &+= 1
            if byte | 0x20 == 0x7b { depth &+= 1 }
            if byte | 0x20 == 0x7d { depth &-= 1 }
            if depth == 0 { return true }
        }
        return false
    }

    @inline(__always)
    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x2c || byte == 0x5d || byte == 0x7d
    }
}
