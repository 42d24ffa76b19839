// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Random words from the operating system, many with one system call.
public enum RandomWords {
    /// Puts fresh random words in place of an array's content.
    public static func fill(_ words: inout [UInt64], count: Int) {
        words = [UInt64](repeating: 0, count: count)
        let filled = words.withUnsafeMutableBytes { clinux_random($0.baseAddress, UInt(bitPattern: $0.count)) }
        guard filled != count * MemoryLayout<UInt64>.stride else { return }
        // Interrupted or refused, which Linux does not do for small blocks once it has booted; the slow way is as good.
        var generator = SystemRandomNumberGenerator()
        for index in words.indices { words[index] = generator.next() }
    }
}
