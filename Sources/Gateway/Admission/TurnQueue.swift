// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// What waits, by whose it is: each of them has one turn after the other, and no more than a share of the places.
struct TurnQueue<Element: Sendable>: Sendable {
    /// How many may wait.
    let capacity: Int
    /// How many of one holder may.
    let share: Int
    private(set) var count = 0
    private var waiting: [Holder: Deque<Element>] = [:]
    /// Those who have something waiting, in the order of their turns.
    private var turns: Deque<Holder> = []

    init(capacity: Int, share: Int) { (self.capacity, self.share) = (capacity, share) }

    /// Has something wait; false where there is no place.
    mutating func add(_ element: Element, of holder: Holder) -> Bool {
        guard count < capacity, waiting[holder, default: []].count < share else { return false }
        if waiting[holder, default: []].isEmpty { turns.append(holder) }
        waiting[holder, default: []].append(element)
        count += 1
        return true
    }

    /// Takes out what is next.
    mutating func next() -> Element? {
        guard let holder = turns.popFirst(), let element = waiting[holder]?.popFirst() else { return nil }
        if waiting[holder, default: []].isEmpty { waiting[holder] = nil } else { turns.append(holder) }
        count -= 1
        return element
    }
}
