// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Messaging

struct JSONKeySetTests {
    /// A key as it may be written, and the bytes that it stands for.
    private static func key(_ random: inout SeededRandom) -> (written: [UInt8], meant: [UInt8]) {
        var (written, meant): ([UInt8], [UInt8]) = ([], [])
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                written += Array("\\u0061".utf8)
                meant.append(0x61)
            case 1:
                written += Array("\\\"".utf8)
                meant.append(0x22)
            case 2:
                written += Array("é".utf8)
                meant += Array("é".utf8)
            default:
                let byte = UInt8.random(in: 0x61...0x66, using: &random)
                written.append(byte)
                meant.append(byte)
            }
        }
        return (written, meant)
    }

    @Test(arguments: 0..<20) func aKeyIsNewWhenItsBytesAre(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let keys = (0..<2000).map { _ in Self.key(&random) }
        var text: [UInt8] = []
        var ranges: [Range<Int>] = []
        for key in keys {
            ranges.append(text.count..<text.count + key.written.count)
            text += key.written + [0x22]
        }
        var set = JSONKeySet()
        var reference = Set<[UInt8]>()
        for (key, range) in zip(keys, ranges) {
            let isNew = set.insert(range, text.span)
            #expect(isNew == reference.insert(key.meant).inserted)
        }
    }

    @Test func manyKeysAreAllFoundAgain() {
        let keys = (0..<50_000).map { Array("\($0)".utf8) }
        let text = Array(keys.joined(separator: [0x22]))
        var (set, start) = (JSONKeySet(), 0)
        var ranges: [Range<Int>] = []
        for key in keys {
            ranges.append(start..<start + key.count)
            start += key.count + 1
        }
        let areNew = ranges.map { set.insert($0, text.span) }
        #expect(areNew.allSatisfy { $0 })
        let areAgain = ranges.map { set.insert($0, text.span) }
        #expect(!areAgain.contains(true))
    }

    @Test func aLoneSurrogateIsAKeyOfItsOwn() {
        let text = Array(#"\ud800"\ud801"\ud800"#.utf8)
        var set = JSONKeySet()
        let areNew = [0..<6, 7..<13, 14..<20].map { set.insert($0, text.span) }
        #expect(areNew == [true, true, false])
    }
}
