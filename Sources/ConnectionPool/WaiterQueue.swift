// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// The requests that wait for a lease: first in, first out, with the earliest deadline always at hand.
///
/// Appending, taking the first and removing any one are O(log n) in the number of waiters.
@usableFromInline
struct WaiterQueue<WaiterID: Hashable & Sendable>: Sendable {
    @usableFromInline
    struct Waiter: Sendable {
        @usableFromInline var id: WaiterID
        @usableFromInline var deadline: Moment
        @usableFromInline var toleratedFailures: Int?
        @usableFromInline var heapPosition: Int

        @inlinable
        init(id: WaiterID, deadline: Moment, toleratedFailures: Int?, heapPosition: Int) {
            self.id = id
            self.deadline = deadline
            self.toleratedFailures = toleratedFailures
            self.heapPosition = heapPosition
        }
    }

    @usableFromInline var waiters: ContiguousArray<Waiter> = []
    @usableFromInline var freeSlots: ContiguousArray<Int> = []
    @usableFromInline var slotOfWaiter: [WaiterID: Int] = [:]
    @usableFromInline var order = SlotList()
    /// Slot numbers as a binary heap with the earliest deadline on top.
    @usableFromInline var heap: ContiguousArray<Int> = []

    @inlinable
    init() {}

    @inlinable var count: Int { heap.count }
    @inlinable var isEmpty: Bool { heap.isEmpty }
    @inlinable var earliestDeadline: Moment? { heap.first.map { waiters[$0].deadline } }

    @inlinable
    func contains(_ id: WaiterID) -> Bool { slotOfWaiter[id] != nil }

    /// Puts a waiter last; its ID must not be in the queue.
    @inlinable
    mutating func append(_ id: WaiterID, deadline: Moment, toleratedFailures: Int?) {
        let waiter = Waiter(
            id: id,
            deadline: deadline,
            toleratedFailures: toleratedFailures,
            heapPosition: heap.count
        )
        let slot = store(waiter)
        slotOfWaiter[id] = slot
        order.append(slot)
        heap.append(slot)
        siftUp(heap.count - 1)
    }

    @inlinable
    mutating func popFirst() -> WaiterID? {
        order.first.map { remove(slot: $0) }
    }

    /// Takes the waiter with the earliest deadline if that has come.
    @inlinable
    mutating func popExpired(now: Moment) -> WaiterID? {
        guard let slot = heap.first, waiters[slot].deadline <= now else { return nil }
        return remove(slot: slot)
    }

    /// Removes a waiter; returns whether it was in the queue.
    @inlinable
    mutating func remove(_ id: WaiterID) -> Bool {
        guard let slot = slotOfWaiter[id] else { return false }
        _ = remove(slot: slot)
        return true
    }

    /// Counts one failed attempt against every waiter and removes those that tolerate no more, in their order.
    @inlinable
    mutating func popExhausted() -> [WaiterID] {
        var exhausted: [WaiterID] = []
        var next = order.first
        while let slot = next {
            next = order.next(after: slot)
            guard let tolerated = waiters[slot].toleratedFailures else { continue }
            waiters[slot].toleratedFailures = tolerated - 1
            if tolerated <= 0 { exhausted.append(remove(slot: slot)) }
        }
        return exhausted
    }

    @inlinable
    mutating func store(_ waiter: Waiter) -> Int {
        if let slot = freeSlots.popLast() {
            waiters[slot] = waiter
            return slot
        }
        waiters.append(waiter)
        return waiters.count - 1
    }

    @inlinable
    mutating func remove(slot: Int) -> WaiterID {
        let id = waiters[slot].id
        slotOfWaiter[id] = nil
        order.remove(slot)
        removeFromHeap(position: waiters[slot].heapPosition)
        freeSlots.append(slot)
        return id
    }
}

extension WaiterQueue {
    @inlinable
    mutating func removeFromHeap(position: Int) {
        let last = heap.count - 1
        if position != last { swapInHeap(position, last) }
        heap.removeLast()
        guard position < last else { return }
        siftUp(position)
        siftDown(position)
    }

    @inlinable
    mutating func siftUp(_ start: Int) {
        var position = start
        while position > 0, isEarlier(position, than: (position - 1) / 2) {
            swapInHeap(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
    }

    @inlinable
    mutating func siftDown(_ start: Int) {
        var position = start
        while true {
            var earliest = position
            for child in (2 * position + 1)...(2 * position + 2)
            where child < heap.count && isEarlier(child, than: earliest) {
                earliest = child
            }
            guard earliest != position else { return }
            swapInHeap(position, earliest)
            position = earliest
        }
    }

    @inlinable
    func isEarlier(_ position: Int, than other: Int) -> Bool {
        waiters[heap[position]].deadline < waiters[heap[other]].deadline
    }

    @inlinable
    mutating func swapInHeap(_ position: Int, _ other: Int) {
        heap.swapAt(position, other)
        waiters[heap[position]].heapPosition = position
        waiters[heap[other]].heapPosition = other
    }
}
