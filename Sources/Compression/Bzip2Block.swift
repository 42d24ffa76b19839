//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One block: its Burrows-Wheeler transform, decoded from Huffman codes, run lengths and move-to-front.
struct Bzip2Block {
    private var origin = 0
    /// The last column of the sorted rotations, one byte an entry; `expand` adds the links.
    private var column: [UInt32] = []

    init(_ bits: inout Bzip2Bits, maximumLength: Int) throws(Zlib.Failure) {
        // Only releases before 1.0 have made such blocks.
        guard try !bits.readFlag() else { throw .corrupt }
        origin = try bits.read(24)
        var alphabet = try Self.readAlphabet(&bits)
        let symbolCount = alphabet.count + 2
        let codeCount = try bits.read(3)
        guard !alphabet.isEmpty, (2...6).contains(codeCount) else { throw .corrupt }
        let selectors = try Self.readSelectors(&bits, codeCount: codeCount)
        var codes: [Bzip2Code] = []
        for _ in 0..<codeCount { codes.append(try Bzip2Code(&bits, symbolCount: symbolCount)) }
        try readColumn(&bits, selectors, codes, &alphabet, maximumLength)
        guard origin < column.count else { throw .corrupt }
    }

    private static func readAlphabet(_ bits: inout Bzip2Bits) throws(Zlib.Failure) -> [UInt8] {
        let groups = try bits.read(16)
        var alphabet: [UInt8] = []
        for group in 0..<16 where groups >> (15 - group) & 1 == 1 {
            let members = try bits.read(16)
            for member in 0..<16 where members >> (15 - member) & 1 == 1 { alphabet.append(UInt8(group * 16 + member)) }
        }
        return alphabet
    }

    /// Which code each group of fifty symbols is written in.
    private static func readSelectors(_ bits: inout Bzip2Bits, codeCount: Int) throws(Zlib.Failure) -> [Int] {
        let count = try bits.read(15)
        var recent = Array(0..<codeCount)
        var selectors: [Int] = []
        for _ in 0..<count {
            var position = 0
            while try bits.readFlag() {
                position += 1
                guard position < codeCount else { throw .corrupt }
            }
            recent.insert(recent.remove(at: position), at: 0)
            selectors.append(recent[0])
        }
        return selectors
    }

    private mutating func readColumn(
        _ bits: inout Bzip2Bits,
        _ selectors: [Int],
        _ codes: [Bzip2Code],
        _ alphabet: inout [UInt8],
        _ maximumLength: Int
    ) throws(Zlib.Failure) {
        let endOfBlock = alphabet.count + 1
        var (run, weight) = (0, 1)
        for selector in selectors {
            for _ in 0..<50 {
                let symbol = try codes[selector].read(&bits)
                if symbol <= 1 {
                    // Run lengths are numbers in base two with the digits 1 and 2, the lowest first.
                    run += weight << symbol
                    weight <<= 1
                    guard run <= maximumLength else { throw .corrupt }
                    continue
                }
                guard column.count + run < maximumLength + (symbol == endOfBlock ? 1 : 0) else { throw .corrupt }
                column.append(contentsOf: repeatElement(UInt32(alphabet[0]), count: run))
                (run, weight) = (0, 1)
                if symbol == endOfBlock { return }
                alphabet.insert(alphabet.remove(at: symbol - 1), at: 0)
                column.append(UInt32(alphabet[0]))
            }
        }
        throw .corrupt
    }

    /// Inverts the transform and writes the block.
    consuming func expand(into output: inout Bzip2Output) throws(Zlib.Failure) {
        var starts = [Int](repeating: 0, count: 257)
        for entry in column { starts[Int(entry & 0xff) + 1] += 1 }
        for byte in 1...256 { starts[byte] += starts[byte - 1] }
        // Above the byte of each row goes the number of the row that follows it; a block has less than 2^24.
        for row in column.indices {
            let byte = Int(column[row] & 0xff)
            column[starts[byte]] |= UInt32(row) << 8
            starts[byte] += 1
        }
        var entry = column[origin]
        for _ in column.indices {
            entry = column[Int(entry >> 8)]
            try output.append(UInt8(entry & 0xff))
        }
    }
}
