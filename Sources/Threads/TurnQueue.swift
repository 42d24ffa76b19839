// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// What waits, by whose it is: each of them has one turn after the other, and no more than a share of the places.
package struct TurnQueue<Owner: Hashable, Element> {
    /// How many may wait.
    package let capacity: Int
    /// How many of one owner may.
    package let share: Int
    /// How many wait.
    package private(set) var count = 0
    private var waiting: [Owner: Deque<Element>] = [:]
    /// Those who have something waiting, in the order of their turns.
    private var turns: Deque<Owner> = []

    /// Makes an empty one; without bounds unless they are given.
    package init(capacity: Int = .max, share: Int = .max) { (self.capacity, self.share) = (capacity, share) }

    /// Has something wait; false where there is no place.
    package mutating func add(_ element: Element, of owner: Owner) -> Bool {
        guard count < capacity, waiting[owner, default: []].count < share else { return false }
        if waiting[owner, default: []].isEmpty { turns.append(owner) }
        waiting[owner, default: []].append(element)
        count += 1
        return true
    }

    /// Takes out what is next.
    package mutating func next() -> Element? {
        guard let owner = turns.popFirst(), let element = waiting[owner]?.popFirst() else { return nil }
        if waiting[owner, default: []].isEmpty { waiting[owner] = nil } else { turns.append(owner) }
        count -= 1
        return element
    }
}

extension TurnQueue: Sendable where Owner: Sendable, Element: Sendable {}
