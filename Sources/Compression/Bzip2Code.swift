//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One Huffman code of a block.
struct Bzip2Code {
    private static let maximumLength = 20

    /// For each length the first code of the next length, less what its symbols take.
    private var limits = [Int](repeating: -1, count: maximumLength + 2)
    private var offsets = [Int](repeating: 0, count: maximumLength + 2)
    private var symbols: [Int] = []

    /// Reads the lengths of the code, each as the difference to the one before.
    init(_ bits: inout Bzip2Bits, symbolCount: Int) throws(Zlib.Failure) {
        var length = try bits.read(5)
        var lengths: [Int] = []
        for _ in 0..<symbolCount {
            while true {
                guard (1...Self.maximumLength).contains(length) else { throw .corrupt }
                guard try bits.readFlag() else { break }
                length += try bits.readFlag() ? -1 : 1
            }
            lengths.append(length)
        }
        assign(lengths)
    }

    private mutating func assign(_ lengths: [Int]) {
        var code = 0
        for length in 1...Self.maximumLength {
            offsets[length] = symbols.count - code
            for symbol in lengths.indices where lengths[symbol] == length {
                symbols.append(symbol)
                code += 1
            }
            limits[length] = code - 1
            code <<= 1
        }
    }

    /// Reads one symbol.
    func read(_ bits: inout Bzip2Bits) throws(Zlib.Failure) -> Int {
        var code = 0
        for length in 1...Self.maximumLength {
            code = code << 1 | (try bits.read(1))
            guard code <= limits[length] else { continue }
            let index = code + offsets[length]
            guard symbols.indices.contains(index) else { throw .corrupt }
            return symbols[index]
        }
        throw .corrupt
    }
}
