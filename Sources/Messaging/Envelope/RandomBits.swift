// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Random words from the operating system, drawn in blocks: one system call serves many identifiers.
final class RandomBits: Sendable {
    static let shared = RandomBits()

    /// An even number.
    private static let blockSize = 256
    private let block = Guarded<(words: [UInt64], next: Int)>(([], 0))

    /// Two words, which is what an identifier takes.
    func next() -> (UInt64, UInt64) {
        block.withLock { block in
            if block.next == block.words.count {
                RandomWords.fill(&block.words, count: Self.blockSize)
                block.next = 0
            }
            defer { block.next += 2 }
            return (block.words[block.next], block.words[block.next + 1])
        }
    }
}
