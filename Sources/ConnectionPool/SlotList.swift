// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A doubly linked list over slot numbers, kept in one array: every operation is O(1) and allocates only to grow.
@usableFromInline
struct SlotList: Sendable {
    @usableFromInline
    struct Link: Sendable {
        @usableFromInline var previous: Int
        @usableFromInline var next: Int

        @inlinable
        init(previous: Int, next: Int) {
            self.previous = previous
            self.next = next
        }
    }

    @usableFromInline static var none: Int { -1 }
    @usableFromInline static var unlinked: Int { -2 }

    @usableFromInline var links: ContiguousArray<Link> = []
    @usableFromInline var firstSlot = SlotList.none
    @usableFromInline var lastSlot = SlotList.none
    @usableFromInline var count = 0

    @inlinable
    init() {}

    @inlinable var first: Int? { firstSlot == SlotList.none ? nil : firstSlot }
    @inlinable var last: Int? { lastSlot == SlotList.none ? nil : lastSlot }

    @inlinable
    func contains(_ slot: Int) -> Bool { slot < links.count && links[slot].previous != SlotList.unlinked }

    @inlinable
    func next(after slot: Int) -> Int? { links[slot].next == SlotList.none ? nil : links[slot].next }

    /// Puts the slot first; one that is already in the list moves.
    @inlinable
    mutating func moveToFirst(_ slot: Int) {
        guard slot != firstSlot else { return }
        remove(slot)
        makeRoom(for: slot)
        links[slot] = Link(previous: SlotList.none, next: firstSlot)
        if firstSlot == SlotList.none { lastSlot = slot } else { links[firstSlot].previous = slot }
        firstSlot = slot
        count += 1
    }

    /// Puts a slot that is not in the list last.
    @inlinable
    mutating func append(_ slot: Int) {
        makeRoom(for: slot)
        links[slot] = Link(previous: lastSlot, next: SlotList.none)
        if lastSlot == SlotList.none { firstSlot = slot } else { links[lastSlot].next = slot }
        lastSlot = slot
        count += 1
    }

    /// Removes the slot; one that is not in the list is ignored.
    @inlinable
    mutating func remove(_ slot: Int) {
        guard contains(slot) else { return }
        let link = links[slot]
        if link.previous == SlotList.none { firstSlot = link.next } else { links[link.previous].next = link.next }
        if link.next == SlotList.none { lastSlot = link.previous } else { links[link.next].previous = link.previous }
        links[slot] = Link(previous: SlotList.unlinked, next: SlotList.none)
        count -= 1
    }

    @inlinable
    mutating func makeRoom(for slot: Int) {
        while links.count <= slot { links.append(Link(previous: SlotList.unlinked, next: SlotList.none)) }
    }
}
