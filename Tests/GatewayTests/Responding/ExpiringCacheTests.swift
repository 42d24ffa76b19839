// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Gateway

struct ExpiringCacheTests {
    private let start = Moment.now
    private func at(_ seconds: Int) -> Moment { start.advanced(by: .seconds(seconds)) }

    @Test func theOldestGoFirst() {
        var cache = ExpiringCache<Int, String>()
        for key in 1...5 { cache.put(key, "\(key)", weight: 10, expiry: at(100)) }
        let byCount = cache.trim(now: start, maximumCount: 3, maximumWeight: 1000)
        #expect(byCount == [1, 2])
        let byWeight = cache.trim(now: start, maximumCount: 3, maximumWeight: 15)
        #expect(byWeight == [3, 4])
        #expect(cache[5] == "5")
        #expect(cache.weight == 10)
    }

    @Test func whatIsOldGoes() {
        var cache = ExpiringCache<Int, String>()
        cache.put(1, "a", weight: 1, expiry: at(10))
        cache.put(2, "b", weight: 1, expiry: at(20))
        let early = cache.trim(now: at(9), maximumCount: 10, maximumWeight: 10)
        #expect(early.isEmpty)
        let late = cache.trim(now: at(10), maximumCount: 10, maximumWeight: 10)
        #expect(late == [1])
        #expect(cache.count == 1)
    }

    @Test func aKeyPutAgainIsNew() {
        var cache = ExpiringCache<Int, String>()
        cache.put(1, "a", weight: 5, expiry: at(10))
        cache.put(2, "b", weight: 5, expiry: at(20))
        cache.put(1, "c", weight: 7, expiry: at(30))
        #expect(cache.weight == 12)
        let gone = cache.trim(now: at(20), maximumCount: 10, maximumWeight: 100)
        #expect(gone == [2])
        #expect(cache[1] == "c")
    }

    @Test func takingOutFreesTheWeight() {
        var cache = ExpiringCache<Int, String>()
        cache.put(1, "a", weight: 5, expiry: at(10))
        let taken = cache.remove(1)
        #expect(taken == "a")
        let again = cache.remove(1)
        #expect(again == nil)
        #expect(cache.weight == 0)
        #expect(cache.count == 0)
    }

    /// Every step against a list that does the same in the obvious way.
    @Test(arguments: 0..<8)
    func agreesWithAPlainList(_ seed: UInt64) {
        var random = SmallRandom(seed)
        var cache = ExpiringCache<Int, Int>()
        var list: [(key: Int, value: Int, weight: Int, expiry: Moment)] = []
        for step in 0..<2_000 {
            let key = Int.random(in: 0..<50, using: &random)
            if Bool.random(using: &random) {
                let weight = Int.random(in: 0..<20, using: &random)
                cache.put(key, step, weight: weight, expiry: at(step + 30))
                list.removeAll { $0.key == key }
                list.append((key, step, weight, at(step + 30)))
            } else {
                let removed = cache.remove(key)
                #expect(removed == list.first { $0.key == key }?.value)
                list.removeAll { $0.key == key }
            }
            let gone = cache.trim(now: at(step), maximumCount: 20, maximumWeight: 150)
            var expected: [Int] = []
            while let first = list.first,
                first.expiry <= at(step) || list.count > 20 || list.reduce(0, { $0 + $1.weight }) > 150
            {
                expected.append(first.key)
                list.removeFirst()
            }
            #expect(gone == expected)
            #expect(cache.count == list.count)
            #expect(cache.weight == list.reduce(0) { $0 + $1.weight })
        }
    }
}
