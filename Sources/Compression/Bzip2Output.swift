//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What comes out: after four equal bytes the next one counts further ones.
struct Bzip2Output {
    private(set) var bytes: [UInt8] = []
    private let maximumBytes: Int
    private var checksum: UInt32 = .max
    private var last: UInt8 = 0
    private var run = 0

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// The checksum of what came out since the block began (CRC-32, the highest bit first).
    var blockChecksum: UInt32 { ~checksum }

    mutating func beginBlock() {
        checksum = .max
        run = 0
    }

    mutating func append(_ byte: UInt8) throws(Zlib.Failure) {
        if run == 4 {
            for _ in 0..<byte { try write(last) }
            run = 0
            return
        }
        run = byte == last && run > 0 ? run + 1 : 1
        last = byte
        try write(byte)
    }

    private mutating func write(_ byte: UInt8) throws(Zlib.Failure) {
        guard bytes.count < maximumBytes else { throw .tooLarge }
        bytes.append(byte)
        checksum = checksum << 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: checksum >> 24) ^ byte)]
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index) << 24) { value, _ in value << 1 ^ (value >> 31 == 1 ? 0x04c1_1db7 : 0) }
    }
}
