// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// 128 bits that stand for a text, made with a key of this process: equal for equal texts, and nobody outside can find
/// two texts that share a digest.
struct Digest: Hashable, Sendable {
    private let first: Int
    private let second: Int

    /// Digests what the closure, which is called twice, feeds the hasher.
    init(_ give: (inout Hasher) -> Void) {
        func word(_ seed: Int) -> Int {
            var hasher = Hasher()
            hasher.combine(seed)
            give(&hasher)
            return hasher.finalize()
        }
        (first, second) = (word(0), word(1))
    }
}
