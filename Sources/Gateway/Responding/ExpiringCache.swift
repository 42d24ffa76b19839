// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Values by key that go when they are old, when there are too many of them, or when they weigh too much; the oldest
/// go first.
///
/// Time passes in the calls only. Every operation is constant in time but for the entries that it takes out.
struct ExpiringCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        var weight: Int
        var expiry: Moment
        /// Tells the entry from an earlier one of the same key in `order`.
        var number: UInt64
    }

    private var entries: [Key: Entry] = [:]
    /// The keys in the order of their arrival, also of entries that have been taken out meanwhile.
    private var order: [(key: Key, number: UInt64)] = []
    private var head = 0
    private var nextNumber: UInt64 = 0
    /// The sum of the weights.
    private(set) var weight = 0

    /// How many values there are.
    var count: Int { entries.count }

    /// The value of a key, whatever its age.
    subscript(key: Key) -> Value? { entries[key]?.value }

    /// Puts a value, in the place of an earlier one of the same key.
    mutating func put(_ key: Key, _ value: Value, weight: Int, expiry: Moment) {
        remove(key)
        entries[key] = Entry(value: value, weight: weight, expiry: expiry, number: nextNumber)
        order.append((key, nextNumber))
        nextNumber += 1
        self.weight += weight
        compact()
    }

    /// Takes a value out.
    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        weight -= entry.weight
        return entry.value
    }

    /// Takes out what has expired, and the oldest until the rest is within the bounds; gives their keys.
    mutating func trim(now: Moment, maximumCount: Int, maximumWeight: Int) -> [Key] {
        var removed: [Key] = []
        while let oldest = oldest() {
            guard oldest.expiry <= now || entries.count > maximumCount || weight > maximumWeight else { break }
            remove(oldest.key)
            removed.append(oldest.key)
        }
        return removed
    }

    private mutating func oldest() -> (key: Key, expiry: Moment)? {
        while head < order.count {
            let (key, number) = order[head]
            if let entry = entries[key], entry.number == number { return (key, entry.expiry) }
            head += 1
        }
        return nil
    }

    /// Drops the places of entries that are gone once they are the greater part.
    private mutating func compact() {
        guard order.count > 64, order.count > 2 * entries.count else { return }
        order = order[head...].filter { entries[$0.key]?.number == $0.number }
        head = 0
    }
}
