// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Messaging

/// Values of texts that were validated before are found where the validating scanner finds them.
struct ValidatedValuesTests {
    /// A random text, and where each of its values begins.
    private struct RandomText {
        private(set) var bytes: [UInt8] = []
        private(set) var starts: [Int] = []
        private var random: SeededRandom

        init(seed: UInt64) {
            random = SeededRandom(seed: seed)
            addSpace()
            addValue(depth: 0)
            addSpace()
        }

        private mutating func addSpace() {
            for _ in 0..<max(0, Int.random(in: -6...9, using: &random)) {
                bytes.append([0x20, 0x0a, 0x0d, 0x09].randomElement(using: &random) ?? 0x20)
            }
        }

        private mutating func addValue(depth: Int) {
            starts.append(bytes.count)
            switch Int.random(in: 0..<(depth < 5 ? 8 : 4), using: &random) {
            case 0, 1: addString()
            case 2: bytes += (["0", "-1.5e+7", "12345678901234", "3"].randomElement(using: &random) ?? "0").utf8
            case 3: bytes += (["true", "false", "null"].randomElement(using: &random) ?? "null").utf8
            case 4, 5: addMembers("[", "]", depth) { _ in }
            default:
                addMembers("{", "}", depth) { text in
                    text.addString()
                    text.addSpace()
                    text.bytes.append(0x3a)
                    text.addSpace()
                }
            }
        }

        private mutating func addMembers(_ open: String, _ close: String, _ depth: Int, key: (inout Self) -> Void) {
            bytes += open.utf8
            addSpace()
            for index in 0..<Int.random(in: 0...4, using: &random) {
                if index > 0 { bytes.append(0x2c) }
                addSpace()
                key(&self)
                addValue(depth: depth + 1)
                addSpace()
            }
            bytes += close.utf8
        }

        private mutating func addString() {
            bytes.append(0x22)
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let parts = [
                    "x", #"\""#, #"\\"#, #"\u005b"#, "[", "}", "{]", ",", ":", "é", "\u{1F600}", #"\n"#, "abcdefghij",
                ]
                bytes += (parts.randomElement(using: &random) ?? "x").utf8
            }
            bytes.append(0x22)
        }
    }

    @Test(arguments: 0..<200) func theyEndWhereTheyEndForTheOther(seed: UInt64) throws {
        let text = RandomText(seed: seed)
        let span = text.bytes.span
        for start in text.starts {
            var (validating, passing) = (JSONScanner(), JSONScanner())
            (validating.index, passing.index) = (start, start)
            let expected = try validating.value(span)
            let found = passing.validatedValue(span)
            #expect(found == expected)
        }
    }

    /// What is no JSON at all is passed somehow, within its bytes.
    @Test(arguments: 0..<200) func nothingBeyondTheBytesIsRead(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bytes = RandomText(seed: seed).bytes
        for _ in 0..<4 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
        let span = bytes.span
        for start in 0...bytes.count {
            var (scanner, other) = (JSONScanner(), JSONScanner())
            (scanner.index, other.index) = (start, start)
            let found = scanner.validatedValue(span)
            #expect(found.lowerBound == start && found.upperBound <= bytes.count)
            #expect(found.isEmpty == (start == bytes.count))
            if let member = try? other.validatedMember(span) { #expect(member.value.upperBound <= bytes.count) }
        }
    }

    /// Each byte in each place of `\uXXXX`, where eight bytes are left to look at together and where there are fewer.
    @Test(arguments: 0..<4) func onlyHexadecimalDigitsMakeAnEscape(place: Int) {
        for rest in ["", "12345678"] {
            for byte in [UInt8](0...255) {
                var text = Array(#""\u0aF9"#.utf8)
                text[3 + place] = byte
                let isValid = (try? JSONText(text + rest.utf8 + [0x22])) != nil
                #expect(isValid == (hexadecimal(byte) != nil), "\(byte) before \(rest)")
            }
        }
    }

    @Test func onlyTheseLettersMakeAnEscape() {
        for rest in ["", "zzzzzzzz"] {
            let valid = [UInt8](0...255).filter { (try? JSONText([0x22, 0x5c, $0] + rest.utf8 + [0x22])) != nil }
            #expect(valid.map { Character(Unicode.Scalar($0)) } == ["\"", "/", "\\", "b", "f", "n", "r", "t"])
        }
    }
}
