// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A bounded number of values, of which those go first that were not used lately.
///
/// Two generations: a full young one takes the place of the old one.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let mostOfGeneration: Int

    init(capacity: Int) { mostOfGeneration = max(1, capacity / 2) }

    /// How many there are.
    var count: Int { young.count + old.count }

    /// The value of a key, which counts as used.
    mutating func use(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(key, value)
        return value
    }

    mutating func insert(_ key: Key, _ value: Value) {
        if young.count >= mostOfGeneration, young[key] == nil { (old, young) = (young, [:]) }
        young[key] = value
    }
}
