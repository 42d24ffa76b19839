//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Reads bits, the highest of each byte first.
struct Bzip2Bits {
    private let bytes: [UInt8]
    private var index = 0
    private var buffer = 0
    private var count = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether no whole byte is left.
    var isAtEnd: Bool { index == bytes.count && count < 8 }

    /// The next bits as a number, 24 at the most.
    mutating func read(_ width: Int) throws(Zlib.Failure) -> Int {
        while count < width {
            guard index < bytes.count else { throw .corrupt }
            buffer = (buffer << 8 | Int(bytes[index])) & 0xffff_ffff_ffff
            index += 1
            count += 8
        }
        count -= width
        return buffer >> count & ((1 << width) - 1)
    }

    mutating func readFlag() throws(Zlib.Failure) -> Bool { try read(1) == 1 }

    /// Drops what is left of a byte that was read in part.
    mutating func skipToByte() { count -= count % 8 }
}
