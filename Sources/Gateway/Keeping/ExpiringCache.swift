// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Values by key, dropped when they are old or when their own holder has too much; no holder displaces another's.
///
/// Time passes only in the calls. Every operation takes constant time, apart from the entries that it removes.
struct ExpiringCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        var holder: Holder
        var weight: Int
        var expiry: Moment
        /// Tells the entry from an earlier one of the same key in an order.
        var number: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var order = ArrivalOrder<Key>()
    private var orders: [Holder: ArrivalOrder<Key>] = [:]
    private var counts = Shares()
    private var weights = Shares()
    private var nextNumber: UInt64 = 0

    /// How many values there are.
    var count: Int { entries.count }

    /// The sum of the weights.
    var weight: Int { weights.total }

    /// When the oldest value goes.
    var nextExpiry: Moment? {
        mutating get { oldestKey().flatMap { entries[$0]?.expiry } }
    }

    /// The value of a key, whatever its age.
    subscript(key: Key) -> Value? { entries[key]?.value }

    /// Whose the value of a key is.
    func holder(of key: Key) -> Holder? { entries[key]?.holder }

    /// Puts a value, replacing an earlier one of the same key.
    mutating func put(_ key: Key, _ value: Value, of holder: Holder, weight: Int = 0, expiry: Moment) {
        remove(key)
        entries[key] = Entry(value: value, holder: holder, weight: weight, expiry: expiry, number: nextNumber)
        counts.add(1, to: holder)
        weights.add(weight, to: holder)
        order.append(key, nextNumber)
        orders[holder, default: ArrivalOrder()].append(key, nextNumber)
        nextNumber += 1
        let entries = entries
        order.compact(count: entries.count) { entries[$0]?.number == $1 }
        orders[holder]?.compact(count: counts[holder]) { entries[$0]?.number == $1 }
    }

    /// Removes a value.
    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        counts.remove(1, from: entry.holder)
        weights.remove(entry.weight, from: entry.holder)
        if counts[entry.holder] == 0 { orders[entry.holder] = nil }
        return entry.value
    }

    /// Removes what has expired.
    mutating func takeExpired(now: Moment) -> [(key: Key, value: Value, holder: Holder)] {
        var expired: [(key: Key, value: Value, holder: Holder)] = []
        while let key = oldestKey(), let entry = entries[key], entry.expiry <= now {
            remove(key)
            expired.append((key, entry.value, entry.holder))
        }
        return expired
    }

    /// Removes a holder's oldest values until its share of the weight has room for more; nil, with nothing removed,
    /// where even the whole share would not do.
    mutating func makeRoom(
        for weight: Int,
        of holder: Holder,
        in maximumWeight: Int
    ) -> [(key: Key, value: Value)]? {
        let share = weights.share(of: holder, in: maximumWeight)
        guard weight <= share else { return nil }
        var removed: [(key: Key, value: Value)] = []
        while weights[holder] + weight > share, let key = oldestKey(of: holder), let value = remove(key) {
            removed.append((key, value))
        }
        return removed
    }

    /// Removes a holder's oldest values until it has no more of them than its share.
    mutating func trim(_ holder: Holder, maximumCount: Int) {
        let share = counts.share(of: holder, in: maximumCount)
        while counts[holder] > share, let key = oldestKey(of: holder) { remove(key) }
    }

    private mutating func oldestKey() -> Key? {
        let entries = entries
        return order.oldest { entries[$0]?.number == $1 }
    }

    private mutating func oldestKey(of holder: Holder) -> Key? {
        let entries = entries
        return orders[holder]?.oldest { entries[$0]?.number == $1 }
    }
}
