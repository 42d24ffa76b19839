// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import SeededRandom
import Testing

@testable import Access

struct APIKeyTests {
    @Test func aKeyHasPrefixRandomDigitsAndChecksum() throws {
        let text = try newKey("ci").key.text
        #expect(text.utf8.count == 42)
        #expect(text.hasPrefix("rgw_"))
        #expect(text.dropFirst(4).utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x32...0x37).contains($0) })
        #expect(APIKey.hasForm(Array(text.utf8)[...]))
    }

    @Test func allOf160BitsAreUsed() {
        // A word with all bits set, and one bit at a time taken out: each shows in the key.
        struct Words: RandomNumberGenerator {
            var words: [UInt64]
            mutating func next() -> UInt64 { words.removeFirst() }
        }
        func digits(_ words: [UInt64]) -> Substring.UTF8View.SubSequence {
            var words = Words(words: words)
            return APIKey(using: &words).text.dropFirst(4).utf8.prefix(32)
        }
        var seen: Set<[UInt8]> = [Array(digits([.max, .max, .max]))]
        for (word, bits) in [(0, 60), (1, 60), (2, 40)] {
            for bit in 0..<bits {
                var words: [UInt64] = [.max, .max, .max]
                words[word] ^= 1 << UInt64(bit)
                seen.insert(Array(digits(words)))
            }
        }
        #expect(seen.count == 161)
    }

    @Test func everyChangeOfOneByteIsSeenByTheChecksum() throws {
        let key = Array(try newKey("ci").key.text.utf8)
        for index in key.indices {
            for byte in [UInt8(ascii: "a"), UInt8(ascii: "7"), UInt8(ascii: "A"), 0] where key[index] != byte {
                var changed = key
                changed[index] = byte
                #expect(!APIKey.hasForm(changed[...]), "byte \(index) as \(byte)")
            }
        }
    }

    @Test func whatIsShorterOrLongerIsNoKey() throws {
        let key = Array(try newKey("ci").key.text.utf8)
        for count in 0..<key.count { #expect(!APIKey.hasForm(key.prefix(count))) }
        #expect(!APIKey.hasForm((key + [0x61])[...]))
    }

    @Test func theDigestIsThatOfSHA256() {
        // FIPS 180-2, appendix B.1.
        let digest = KeyDigest(of: Array("abc".utf8)[...])
        #expect(digest.hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(digest.id == "ba7816bf")
        #expect(KeyDigest(hexadecimal: digest.hexadecimal) == digest)
        #expect(KeyDigest(hexadecimal: digest.hexadecimal.uppercased()) == digest)
    }

    @Test func digestsThatDifferInAnyWordAreDifferent() throws {
        let zeros = try #require(KeyDigest(hexadecimal: String(repeating: "0", count: 64)))
        for index in 0..<64 {
            var digits = Array(repeating: Character("0"), count: 64)
            digits[index] = "1"
            #expect(KeyDigest(hexadecimal: String(digits)) != zeros)
        }
    }

    @Test(arguments: ["", "ba78", "+a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"])
    func otherTextsAreNoDigest(_ text: String) { #expect(KeyDigest(hexadecimal: text) == nil) }

    @Test func theLineOfAKeyHoldsNoSecretAndIsRead() throws {
        let new = try newKey("ci", roles: ["admin", "ops"], expires: "2027-01-31")
        #expect(!new.line.contains(new.key.text))
        #expect(new.line.hasSuffix(#"roles: ["admin", "ops"], expires: 2027-01-31T00:00:00Z}"#))
        let table = try KeyTable(file: file(new.line))
        guard case .found(let principal) = table.look(Array(new.key.text.utf8)[...], now: 0) else {
            Issue.record("not found")
            return
        }
        #expect(principal.name == "ci")
        #expect(principal.roles == ["admin", "ops"])
    }

    @Test(arguments: ["", "two words", "a\"b", "é", "anonymous", String(repeating: "a", count: 129)])
    func otherNamesGetNoKey(_ name: String) {
        var numbers = SeededRandom(seed: 1)
        #expect(NewKey(name: name, roles: [], expires: nil, using: &numbers) == nil)
    }

    @Test func aRoleHasTheFormOfAName() {
        var numbers = SeededRandom(seed: 1)
        #expect(NewKey(name: "ci", roles: ["a]"], expires: nil, using: &numbers) == nil)
    }
}
