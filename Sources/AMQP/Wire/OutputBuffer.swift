// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Frames on their way to the socket, and how many bytes of the stream have gone before them.
///
/// Positions count bytes from the start of the connection, so that one comparison tells whether any byte of a message
/// has left this process.
struct OutputBuffer {
    private(set) var bytes: [UInt8] = []
    private(set) var head = 0
    private(set) var sentPosition: UInt64 = 0

    var pendingBytes: Int { bytes.count - head }
    var isEmpty: Bool { head == bytes.count }
    var endPosition: UInt64 { sentPosition + UInt64(pendingBytes) }

    /// Has the closure append frames; capacity is kept between batches.
    mutating func write<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
        body(&bytes)
    }

    /// Counts bytes as gone.
    mutating func consume(_ count: Int) {
        head += count
        sentPosition += UInt64(count)
        if head == bytes.count { rewind() } else if head >= 1 << 20 { compact() }
    }

    /// Removes whole unsent messages, given by their stream positions.
    mutating func remove(_ range: Range<UInt64>) {
        precondition(range.lowerBound >= sentPosition && range.upperBound <= endPosition, "only unsent bytes may go")
        let start = head + Int(range.lowerBound - sentPosition)
        bytes.removeSubrange(start..<start + range.count)
    }

    private mutating func compact() {
        bytes.removeFirst(head)
        head = 0
    }

    private mutating func rewind() {
        // One huge message must not hold its memory for the rest of the connection's life.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        head = 0
    }
}
