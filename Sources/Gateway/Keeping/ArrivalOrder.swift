// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Keys in the order of their arrival; those that have been removed are skipped later.
///
/// Its number tells an entry from an earlier one of the same key.
struct ArrivalOrder<Key: Sendable>: Sendable {
    private var arrived: [(key: Key, number: UInt64)] = []
    private var head = 0

    /// Adds a key behind all others.
    mutating func append(_ key: Key, _ number: UInt64) { arrived.append((key, number)) }

    /// The oldest key that is still there.
    mutating func oldest(_ isThere: (Key, UInt64) -> Bool) -> Key? {
        while head < arrived.count {
            if isThere(arrived[head].key, arrived[head].number) { return arrived[head].key }
            head += 1
        }
        return nil
    }

    /// Drops the places of keys that are gone once they are the greater part.
    mutating func compact(count: Int, _ isThere: (Key, UInt64) -> Bool) {
        guard arrived.count > 64, arrived.count > 2 * count else { return }
        arrived = arrived[head...].filter { isThere($0.key, $0.number) }
        head = 0
    }
}
