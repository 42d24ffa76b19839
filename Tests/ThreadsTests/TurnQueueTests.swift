// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

/// Who waits for whom.
struct TurnQueueTests {
    private static func drain(_ queue: inout TurnQueue<UInt8, String>) -> [String] {
        var taken: [String] = []
        while let next = queue.next() { taken.append(next) }
        return taken
    }

    /// Adds texts of owners by their first letter, and tells which had a place.
    private static func add(_ texts: [String], to queue: inout TurnQueue<UInt8, String>) -> [Bool] {
        texts.map { text in queue.add(text, of: text.utf8.first ?? 0) }
    }

    @Test func whoHasMuchWaitsForThemselvesAlone() {
        var queue = TurnQueue<UInt8, String>(capacity: 100, share: 50)
        let added = Self.add(["a0", "a1", "a2", "a3", "a4", "b0", "c0", "b1"], to: &queue)
        #expect(added == Array(repeating: true, count: 8))
        #expect(Self.drain(&queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"])
        #expect(queue.count == 0)
    }

    @Test func placesAreBoundedForEachAndForAll() {
        var queue = TurnQueue<UInt8, String>(capacity: 5, share: 3)
        #expect(Self.add(["a0", "a1", "a2", "a3"], to: &queue) == [true, true, true, false])
        #expect(Self.add(["b0", "b1", "b2", "c0"], to: &queue) == [true, true, false, false])
        let first = queue.next()
        #expect(first == "a0")
        #expect(Self.add(["c1", "a4"], to: &queue) == [true, false])
        #expect(Self.drain(&queue) == ["b0", "a1", "c1", "b1", "a2"])
    }
}
