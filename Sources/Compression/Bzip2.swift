//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Data in the format of bzip2, which kombu's readers take under the name `application/x-bz2`.
public enum Bzip2 {
    /// The data that bzip2 data stands for; several streams one after the other are one.
    ///
    /// - Throws: `tooLarge` as soon as more than `maximumBytes` come out, so that a small bomb costs no memory.
    public static func decompress(_ bytes: [UInt8], maximumBytes: Int) throws(Zlib.Failure) -> [UInt8] {
        var bits = Bzip2Bits(bytes)
        var output = Bzip2Output(maximumBytes: maximumBytes)
        repeat { try decodeStream(&bits, &output) } while !bits.isAtEnd
        return output.bytes
    }

    private static let blockMagic = 0x3141_5926_5359
    private static let endMagic = 0x1772_4538_5090

    private static func decodeStream(_ bits: inout Bzip2Bits, _ output: inout Bzip2Output) throws(Zlib.Failure) {
        guard try bits.read(24) == 0x42_5a68 else { throw .corrupt }
        let level = try bits.read(8) - 0x30
        guard (1...9).contains(level) else { throw .corrupt }
        var checksum: UInt32 = 0
        while true {
            let magic = try bits.read(24) << 24 | bits.read(24)
            let expected = UInt32(try bits.read(16) << 16 | bits.read(16))
            guard magic == blockMagic else {
                guard magic == endMagic, expected == checksum else { throw .corrupt }
                return bits.skipToByte()
            }
            output.beginBlock()
            try Bzip2Block(&bits, maximumLength: level * 100_000).expand(into: &output)
            guard output.blockChecksum == expected else { throw .corrupt }
            checksum = (checksum << 1 | checksum >> 31) ^ expected
        }
    }
}
