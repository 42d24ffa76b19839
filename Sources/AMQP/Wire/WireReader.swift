// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Reads AMQP's encodings off bytes that somebody else owns; every read checks the bounds first.
struct WireReader: ~Copyable {
    /// The input ended early, or holds something that no encoder writes.
    struct Malformed: Error {}

    // Borrowed: the reader is used inside the scope that owns the bytes, and never stored.
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ count: Int) throws(Malformed) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - offset >= count else { throw Malformed() }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type = Integer.self) throws(Malformed) -> Integer {
        Integer(bigEndian: try take(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
    }

    mutating func shortBytes() throws(Malformed) -> UnsafeRawBufferPointer {
        try take(Int(try integer(UInt8.self)))
    }

    mutating func shortString() throws(Malformed) -> String {
        String(decoding: try shortBytes(), as: UTF8.self)
    }

    mutating func longBytes() throws(Malformed) -> UnsafeRawBufferPointer {
        try take(Int(try integer(UInt32.self)))
    }
}
