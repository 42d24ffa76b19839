// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing
import Threads

@testable import Gateway

struct ExpiringCacheTests {
    private let start = Moment.now
    private func at(_ seconds: Int) -> Moment { start.advanced(by: .seconds(seconds)) }
    private let holders = (1...3).map { Holder(address: "192.0.2.\($0)") }

    @Test func theOldestOfTheHolderMakeRoom() {
        var cache = ExpiringCache<Int, String>()
        for key in 1...5 { cache.put(key, "\(key)", of: holders[key % 2], weight: 10, expiry: at(100)) }
        // Two of the first holder leave 80 of 100 to the second, of which it may have half.
        let made = cache.makeRoom(for: 15, of: holders[1], in: 100)
        #expect(made?.map(\.key) == [1])
        let none = cache.makeRoom(for: 41, of: holders[1], in: 100)
        #expect(none == nil)
        #expect(cache[3] == "3" && cache[2] == "2" && cache.weight == 40)
    }

    @Test func whatIsOldGoes() {
        var cache = ExpiringCache<Int, String>()
        cache.put(1, "a", of: holders[0], weight: 1, expiry: at(10))
        cache.put(2, "b", of: holders[1], weight: 1, expiry: at(20))
        let early = cache.takeExpired(now: at(9))
        #expect(early.isEmpty)
        let next = cache.nextExpiry
        #expect(next == at(10))
        let late = cache.takeExpired(now: at(10))
        #expect(late.map(\.key) == [1] && late.map(\.value) == ["a"] && late.map(\.holder) == [holders[0]])
        #expect(cache.count == 1)
    }

    @Test func aKeyPutAgainIsNew() {
        var cache = ExpiringCache<Int, String>()
        cache.put(1, "a", of: holders[0], weight: 5, expiry: at(10))
        cache.put(2, "b", of: holders[0], weight: 5, expiry: at(20))
        cache.put(1, "c", of: holders[1], weight: 7, expiry: at(30))
        #expect(cache.weight == 12)
        #expect(cache.holder(of: 1) == holders[1])
        let gone = cache.takeExpired(now: at(20))
        #expect(gone.map(\.key) == [2])
        #expect(cache[1] == "c")
    }

    @Test func takingOutFreesTheWeight() {
        var cache = ExpiringCache<Int, String>()
        cache.put(1, "a", of: holders[0], weight: 5, expiry: at(10))
        let taken = cache.remove(1)
        #expect(taken == "a")
        let again = cache.remove(1)
        #expect(again == nil)
        #expect(cache.weight == 0)
        #expect(cache.count == 0)
    }

    private struct Item {
        var key: Int
        var value: Int
        var holder: Holder
        var weight: Int
        var expiry: Moment
    }

    /// Every step against a list that does the same in the obvious way.
    @Test(arguments: 0..<8)
    func agreesWithAPlainList(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var cache = ExpiringCache<Int, Int>()
        var list: [Item] = []
        for step in 0..<2_000 {
            let key = Int.random(in: 0..<50, using: &random)
            if Bool.random(using: &random) {
                let weight = Int.random(in: 0..<40, using: &random)
                let holder = holders[Int.random(in: 0..<3, using: &random)]
                let made = cache.makeRoom(for: weight, of: holder, in: 150)
                let expected = Self.makeRoom(in: &list, for: weight, of: holder)
                #expect(made?.map(\.key) == expected)
                guard made != nil else { continue }
                cache.put(key, step, of: holder, weight: weight, expiry: at(step + 30))
                list.removeAll { $0.key == key }
                list.append(Item(key: key, value: step, holder: holder, weight: weight, expiry: at(step + 30)))
            } else {
                let removed = cache.remove(key)
                #expect(removed == list.first { $0.key == key }?.value)
                list.removeAll { $0.key == key }
            }
            let gone = cache.takeExpired(now: at(step))
            #expect(gone.map(\.key) == list.filter { $0.expiry <= at(step) }.map(\.key))
            list.removeAll { $0.expiry <= at(step) }
            #expect(cache.count == list.count)
            #expect(cache.weight == list.reduce(0) { $0 + $1.weight })
        }
    }

    private static func makeRoom(in list: inout [Item], for weight: Int, of holder: Holder) -> [Int]? {
        let sum = { (items: [Item]) in items.reduce(0) { $0 + $1.weight } }
        let others = sum(list.filter { $0.holder != holder })
        let share = max(0, (150 - others + 1) / 2)
        guard weight <= share else { return nil }
        var removed: [Int] = []
        while sum(list.filter { $0.holder == holder }) + weight > share {
            guard let index = list.firstIndex(where: { $0.holder == holder }) else { break }
            removed.append(list.remove(at: index).key)
        }
        return removed
    }
}
