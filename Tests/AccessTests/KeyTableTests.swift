// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

@testable import Access

struct KeyTableTests {
    private static let digest = String(repeating: "ab", count: 32)

    private static func problems(_ lines: String...) -> [String] {
        do {
            _ = try KeyTable(file: Array(lines.joined(separator: "\n").utf8))
            return []
        } catch { return error.problems.map(\.description) }
    }

    private static func name(_ table: KeyTable, _ new: NewKey, now: Int64 = 0) -> String? {
        guard case .found(let principal) = table.look(Array(new.key.text.utf8)[...], now: now) else { return nil }
        return principal.name.text
    }

    @Test func oneNameMayHaveSeveralKeys() throws {
        let (old, new, other) = (try newKey("ci", seed: 1), try newKey("ci", seed: 2), try newKey("ops", seed: 3))
        let table = try KeyTable(file: file("# keys", old.line, new.line, other.line))
        #expect(table.count == 3)
        #expect(Self.name(table, old) == "ci")
        #expect(Self.name(table, new) == "ci")
        #expect(Self.name(table, other) == "ops")
        #expect(Self.name(table, try newKey("ci", seed: 4)) == nil)
    }

    @Test func aKeyEndsWithTheSecondOfItsExpiry() throws {
        let new = try newKey("ci", expires: "1970-01-01T00:01:00Z")
        let table = try KeyTable(file: file(new.line))
        #expect(Self.name(table, new, now: 59) == "ci")
        #expect(Self.name(table, new, now: 60) == nil)
        guard case .expired = table.look(Array(new.key.text.utf8)[...], now: 60) else {
            Issue.record("not told as expired")
            return
        }
    }

    @Test func aTextWithoutTheFormOfAKeyIsNoneThoughItsDigestIsThere() throws {
        var text = Array(try newKey("ci").key.text.utf8)
        // Its checksum is wrong.
        text[text.count - 1] ^= 1
        let table = try KeyTable(file: file("- {name: ci, sha256: \(KeyDigest(of: text[...]).hexadecimal)}"))
        for _ in 0..<2 {
            guard case .unknown = table.look(text[...], now: 0) else {
                Issue.record("taken for a key")
                return
            }
        }
        #expect(table.uses.isEmpty)
    }

    @Test func theLastUseIsKeptOverAReload() throws {
        let (one, other) = (try newKey("ci", seed: 1), try newKey("ops", seed: 2))
        let table = try KeyTable(file: file(one.line, other.line))
        #expect(table.uses.isEmpty)
        #expect(Self.name(table, one, now: 7) == "ci")
        let next = try KeyTable(file: file(other.line, one.line), after: table)
        // A request that began before the reload ends with the old table.
        #expect(Self.name(table, one, now: 9) == "ci")
        #expect(next.uses.map(\.lastUse) == [9])
        #expect(next.uses.map(\.name) == ["ci"])
        #expect(next.uses.map(\.id) == [one.key.digest.id])
    }

    @Test func aLineMayHaveLimits() throws {
        let digest = Self.digest
        let words = "['rate:100', 'burst:500', 'inFlight:20', 'streams:5', 'body:0', 'timeout:30']"
        let entry = try #require(
            try KeyTable(file: file("- {name: ci, sha256: \(digest), limits: \(words)}")).entries.values.first
        )
        let limits = try #require(entry.principal.limits)
        #expect([limits.rate, limits.burst, limits.inFlight, limits.streams] == [100, 500, 20, 5])
        #expect([limits.bodyBytes, limits.longestTimeout] == [0, 30])
        for wrong in ["rate:0", "rate", "rate:x", "speed:1", "timeout:86401", "streams:-1", "rate: 1"] {
            let told = Self.problems("- {name: ci, sha256: \(digest), limits: '\(wrong)'}")
            #expect(told == ["line 1: limits: has to be \(PrincipalLimits.allowed)"], "\(wrong)")
        }
        #expect(Self.problems("- {name: ci, sha256: \(digest), limits: ['rate:1', 'rate:2']}").count == 1)
        #expect(
            Self.problems("- {name: ci, sha256: \(digest), limits: 'burst:2'}")
                == ["line 1: limits: burst has no meaning without rate; give that as well"]
        )
    }

    @Test func keysOfOneNameHaveTheSameLimits() {
        let other = String(repeating: "cd", count: 32)
        let one = "- {name: ci, sha256: \(Self.digest), limits: ['rate:1']}"
        #expect(Self.problems(one, "- {name: ci, sha256: \(other), limits: ['rate:1']}") == [])
        #expect(Self.problems(one, "- {name: cj, sha256: \(other), limits: ['rate:2']}") == [])
        for line in ["- {name: ci, sha256: \(other), limits: ['rate:2']}", "- {name: ci, sha256: \(other)}"] {
            #expect(
                Self.problems(one, line)
                    == ["line 2: limits: are others than on line 1; keys of one name have the same"]
            )
        }
    }

    @Test func anEmptyFileHasNoKeys() throws {
        #expect(try KeyTable(file: []).count == 0)
        #expect(try KeyTable(file: file("# none yet", "")).count == 0)
        #expect(try KeyTable(file: file("---", "")).count == 0)
    }

    @Test func everyProblemIsToldWithLineAndField() {
        let problems = Self.problems(
            "- {name: a b, sha256: \(Self.digest)}",
            "- {name: ci, sha256: rgw_secret}",
            "- name: ci",
            "  sha256: \(Self.digest)",
            "  expires: 2027-02-30",
            "- {sha256: \(Self.digest)}",
            "- {name: ci, sha256: \(Self.digest), role: x}",
            "- text",
            "- {name: anonymous, sha256: \(String(repeating: "cd", count: 32))}"
        )
        let name = "has to be 1 to 128 letters, digits and . _ - + @ : /"
        let digest = "has to be 64 hexadecimal digits, the SHA-256 of the key; rpc-gateway keys new prints them"
        let time = "has to be a date such as 2027-01-31 or a time in UTC such as 2027-01-31T12:00:00Z"
        let expected = [
            "line 1: name: \(name)", "line 2: sha256: \(digest)", "line 5: expires: \(time)",
            "line 6: name: is missing; it \(name)",
            "line 7: unknown field; known are name, sha256, roles, expires, user, project, domain, limits",
            "line 7: sha256: is the one of line 3; each key stands once",
            "line 8: a mapping is expected, with name, sha256, roles, expires, user, project, domain, limits",
            "line 9: name: cannot be anonymous, which is whoever brings no credential",
        ]
        #expect(problems == expected)
    }

    @Test func aSecretInTheWrongPlaceIsNotRepeated() {
        let problems = Self.problems("- {name: ci, sha256: rgw_secret}", "- rgw_secret", "rgw_secret: [")
        #expect(!problems.isEmpty)
        #expect(!problems.joined().contains("rgw_secret"))
    }

    @Test func whatIsNoListIsRefused() {
        #expect(Self.problems("name: ci") == ["line 1: the file has to be a list, whose members begin with \"- \""])
        #expect(Self.problems("- x", "- ]") == ["line 2: the file is not valid YAML"])
        #expect(Self.problems("- {name: ci, name: x, sha256: \(Self.digest)}").count == 1)
    }

    @Test func thereIsAnEndToTheProblems() {
        let lines = Array(repeating: "- x", count: 100).joined(separator: "\n")
        let problems = Self.problems(lines)
        #expect(problems.count == 21)
        #expect(problems.last == "80 more problems")
    }

    @Test func whatIsNotUTF8IsRefused() {
        #expect(throws: AccessFileError.self) { try KeyTable(file: [0x2d, 0x20, 0xff]) }
    }
}
