// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Access

struct RecentlyUsedTests {
    @Test func whatIsUsedStaysWhileOthersCome() {
        var values = RecentlyUsed<Int, Int>(capacity: 8)
        for key in 0..<1_000 {
            values.insert(key, -key)
            #expect(values.use(key) == -key)
            #expect(key == 0 || values.use(0) == 0)
            #expect(values.count <= 8)
        }
        #expect((1..<990).allSatisfy { values.use($0) == nil })
    }

    @Test func theLatestOneCounts() {
        var values = RecentlyUsed<Int, Int>(capacity: 2)
        for value in 0..<3 { values.insert(1, value) }
        #expect((values.use(1), values.count) == (2, 1))
        // Of an older generation, too.
        values.insert(2, 2)
        values.insert(1, 3)
        #expect(values.use(1) == 3)
        #expect(values.use(3) == nil)
    }
}
