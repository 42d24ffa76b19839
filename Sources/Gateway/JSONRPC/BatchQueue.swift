// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Which entries of a batch run: in their order, a bounded number at a time.
struct BatchQueue: Sendable {
    private let count: Int
    private let parallelism: Int
    private var begun = 0
    private var ended = 0

    init(count: Int, parallelism: Int) {
        self.count = count
        self.parallelism = max(1, parallelism)
    }

    /// The next entry that may begin; nil when none is left or enough are running.
    mutating func next() -> Int? {
        guard begun < count, begun - ended < parallelism else { return nil }
        defer { begun += 1 }
        return begun
    }

    /// An entry has ended; true when it was the last of all.
    mutating func end() -> Bool {
        ended += 1
        return ended == count
    }
}
