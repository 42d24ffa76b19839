// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Makes an array of the bytes that the closure writes, at most `capacity` of them.
    ///
    /// The standard library's initializers of this form look up the element's metadata at each call; making room and
    /// appending does not.
    @inline(__always)
    static func filled<Failure: Error>(
        capacity: Int,
        _ body: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        // Room for at least one: an array without capacity is the library's one empty array, into which every thread
        // would write its count.
        bytes.reserveCapacity(Swift.max(capacity, 1))
        try bytes.append(addingCapacity: capacity, initializingWith: body)
        return bytes
    }
}

extension OutputSpan<UInt8> {
    /// Appends an ASCII literal.
    @inline(__always)
    mutating func append(ascii text: StaticString) {
        // A literal of one byte may be kept without a pointer.
        guard text.hasPointerRepresentation else { return append(UInt8(truncatingIfNeeded: text.unicodeScalar.value)) }
        // The literal lives as long as the program.
        unsafe append(from: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Appends all bytes of a span.
    @inline(__always)
    mutating func append(all bytes: Span<UInt8>) {
        // Borrowed for the copy.
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe append(from: start, count: bytes.count)
        }
    }

    /// Appends the first few of the eight bytes that a word holds in the order of memory; there has to be room for all
    /// eight.
    @inline(__always)
    mutating func append(word: UInt64, keeping kept: Int = 8) {
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            precondition(count + 8 <= buffer.count, "the output is full")
            unsafe UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped + count)
                .storeBytes(of: word, as: UInt64.self)
            count += kept
        }
    }

    /// Appends the eight bytes that a word holds in the order of memory, with a backslash before each one that is
    /// marked by a high bit; false, with nothing appended, where there is no room for as many backslashes as bytes.
    @inline(__always)
    mutating func append(escaping word: UInt64, _ marks: UInt64) -> Bool {
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            guard count &+ 16 <= buffer.count, let base = buffer.baseAddress else { return false }
            // In bounds by the line above: at most two bytes are written for each of the eight.
            var next = unsafe base + count
            var (rest, marks) = (word, marks >> 7)
            for _ in 0..<8 {
                // Overwritten where there is no mark, so that no branch depends on the text.
                unsafe next.initialize(to: 0x5c)
                unsafe next += Int(truncatingIfNeeded: marks & 1)
                unsafe next.initialize(to: UInt8(truncatingIfNeeded: rest))
                unsafe next += 1
                rest >>= 8
                marks >>= 8
            }
            count = unsafe next - base
            return true
        }
    }

    @inline(__always)
    private mutating func append(from start: UnsafePointer<UInt8>, count added: Int) {
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            precondition(added <= buffer.count - count, "the output is full")
            // In bounds by the line above; a buffer of no bytes has no address and takes none.
            if let base = buffer.baseAddress { unsafe (base + count).initialize(from: start, count: added) }
            count += added
        }
    }
}
