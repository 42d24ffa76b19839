// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
