// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule
internal import Threads

/// A queue as a value: what waits in the order in which it came, and who consumes.
struct MemoryQueue {
    /// A message at its place.
    struct Entry: Comparable {
        /// The place, kept when the message comes back.
        var sequence: Int
        var message: MemoryMessage

        static func < (left: Entry, right: Entry) -> Bool { left.sequence < right.sequence }
        static func == (left: Entry, right: Entry) -> Bool { left.sequence == right.sequence }
    }

    let isBounded: Bool
    private(set) var consumers: [Int] = []
    private var ready = Heap<Entry>()
    private var turn = 0
    /// Messages that wait or are not yet settled.
    private(set) var heldCount = 0
    /// What they count against the bound.
    private(set) var heldBytes = 0

    init(isBounded: Bool) { self.isBounded = isBounded }

    var readyCount: Int { ready.count }
    var messages: [MemoryMessage] { ready.unordered.map(\.message) }

    /// Adds a new message.
    mutating func append(_ entry: Entry) {
        heldCount += 1
        heldBytes += entry.message.size
        ready.insert(entry)
    }

    /// Puts a message back to where it was.
    mutating func restore(_ entry: Entry) { ready.insert(entry) }

    /// Forgets a message that was taken.
    mutating func release(_ message: MemoryMessage) {
        heldCount -= 1
        heldBytes -= message.size
    }

    mutating func take() -> Entry? { ready.popMin() }

    /// Drops what has expired at the front, as RabbitMQ does; returns what was dropped.
    mutating func dropExpiredFront(_ now: Moment) -> [MemoryMessage] {
        var dropped: [MemoryMessage] = []
        while let first = ready.min, first.message.isExpired(now) {
            ready.removeMin()
            release(first.message)
            dropped.append(first.message)
        }
        return dropped
    }

    /// Drops all that has expired; for a queue that is full.
    mutating func dropExpired(_ now: Moment) -> [MemoryMessage] {
        let dropped = ready.unordered.filter { $0.message.isExpired(now) }.map(\.message)
        guard !dropped.isEmpty else { return [] }
        ready = Heap(ready.unordered.filter { !$0.message.isExpired(now) })
        for message in dropped { release(message) }
        return dropped
    }

    mutating func add(consumer id: Int) { consumers.append(id) }

    mutating func remove(consumer id: Int) { consumers.removeAll { $0 == id } }

    /// The next consumer in turn that can take another message.
    mutating func nextConsumer(where hasRoom: (Int) -> Bool) -> Int? {
        for offset in consumers.indices {
            let index = (turn + offset) % consumers.count
            guard hasRoom(consumers[index]) else { continue }
            turn = index + 1
            return consumers[index]
        }
        return nil
    }
}
