// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

@Suite struct VersionCompatibilityTests {
    @Test(arguments: [
        ("1.0", "1.0", true), ("1.10", "1.9", true), ("1.9", "1.10", false), ("2.0", "1.0", false),
        ("1.0", "2.0", false),
        ("1.2.3", "1.2.3", true), ("1.2.3", "1.2.4", false), ("1.2.3", "1.1.9", true), ("1.2", "1.2.1", false),
        ("1.2.1", "1.2", true), ("1.2.3.1", "1.2.3.9", true), ("1.2.3.x", "1.2", true), ("01.02", "1.2", true),
    ])
    func numbersAreComparedAsNumbers(_ implemented: String, _ requested: String, _ expected: Bool) throws {
        #expect(try VersionCompatibility.isCompatible(implemented: implemented, requested: requested) == expected)
    }

    @Test func aVersionOfNumbersIsThatOfItsText() throws {
        #expect(try RPCVersion("1.10") == RPCVersion(major: 1, minor: 10))
        #expect(try RPCVersion("2.0.3") == RPCVersion(major: 2, minor: 0, revision: 3))
        #expect(RPCVersion(major: 1, minor: 2, revision: 3).description == "1.2.3")
    }

    @Test(arguments: [(nil, nil, true), (nil, "1.0", true), (nil, "nonsense", true), ("1.0", nil, false)])
    func aMissingVersionIsTakenAsOsloTakesIt(_ implemented: String?, _ requested: String?, _ expected: Bool) throws {
        #expect(try VersionCompatibility.isCompatible(implemented: implemented, requested: requested) == expected)
    }

    @Test(arguments: [
        ("1", RPCVersionError.Reason.tooFewParts), ("", .tooFewParts), ("1.", .notANumber), (".1", .notANumber),
        ("a.b", .notANumber), ("1.-1", .notANumber), ("1.0.x", .notANumber), ("1. 0", .notANumber),
        ("1.٣", .notANumber),
        ("1.99999999999999999999", .tooLarge),
    ])
    func whatIsNoVersionIsAnError(_ text: String, _ reason: RPCVersionError.Reason) {
        #expect(throws: RPCVersionError(text: text, reason: reason)) {
            try VersionCompatibility.isCompatible(implemented: text, requested: "1.0")
        }
        #expect(throws: RPCVersionError(text: text, reason: reason)) {
            try VersionCompatibility.isCompatible(implemented: "1.0", requested: text)
        }
    }

    @Test func aVersionIsPrintedWithoutAZeroRevision() throws {
        #expect(try RPCVersion("1.2.0").description == "1.2")
        #expect(try RPCVersion("1.2.3.4").description == "1.2.3")
    }

    /// Compatible means: same major number, and the requested version is not later in the order of number lists.
    @Test func everySmallVersionAgreesWithTheOrderOfNumberLists() throws {
        let numbers = [0, 1, 2, 9, 10, 11]
        let versions = numbers.flatMap { major in
            numbers.flatMap { minor in [[major, minor]] + numbers.map { [major, minor, $0] } }
        }
        for implemented in versions {
            for requested in versions where requested[0] <= implemented[0] + 1 {
                let padded = (requested + [0]).prefix(3)
                let isNotLater = !(implemented + [0]).prefix(3).lexicographicallyPrecedes(padded)
                let expected = implemented[0] == requested[0] && isNotLater
                let result = try VersionCompatibility.isCompatible(
                    implemented: text(implemented),
                    requested: text(requested)
                )
                if result != expected { Issue.record("\(implemented) \(requested)") }
            }
        }
    }

    private func text(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ".") }
}
