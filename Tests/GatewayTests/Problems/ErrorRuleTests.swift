// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

struct ErrorRuleTests {
    @Test(arguments: [
        ("nova.exception.*", "nova.exception.NotFound", true), ("nova.*Found", "nova.exception.NotFound", true),
        ("*", "", true), ("a?c", "abc", true), ("a?c", "ac", false), ("nova", "nova.x", false), ("*.x", "a.x.y", false),
        ("*a*b*c*", "xxaxxbxxcxx", true), ("*a*b*c*", "xxaxxcxxbxx", false), ("", "", true), ("", "a", false),
    ])
    func matchesWholeNames(_ pattern: String, _ name: String, _ matches: Bool) {
        #expect(ErrorRule(pattern: pattern, status: 404).matches(name) == matches)
    }

    @Test func aHostilePatternIsNotSlow() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!ErrorRule(pattern: pattern, status: 404).matches(String(repeating: "a", count: 5000)))
    }
}
