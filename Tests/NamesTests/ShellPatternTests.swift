// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Names

struct ShellPatternTests {
    @Test(arguments: [
        ("*", ""), ("*", "anything.at\nall"), ("foo.*", "foo."), ("f?o", "foo"), ("[abc]x", "bx"), ("[!abc]x", "dx"),
        ("[a-c]", "b"), ("[]]", "]"), ("[!]]", "x"), ("[a-]", "-"), ("a*b*c", "a-b-b-c"), ("[", "["), ("a[b", "a[b"),
        ("*.end", "compute.end"), ("\u{e9}?", "\u{e9}\u{1f600}"), ("**", "x"), ("[z-a-]", "-"),
    ])
    func fits(_ pattern: String, _ text: String) { #expect(ShellPattern(pattern).matches(text)) }

    @Test(arguments: [
        ("", "x"), ("foo", "foo.bar"), ("f?o", "fo"), ("[abc]x", "dx"), ("[!abc]x", "ax"), ("a*b", "a-c"),
        ("FOO", "foo"), ("[a-c]", "d"), ("*.end", "compute.end.x"), ("a.c", "abc"), ("[b-a]", "a"),
    ])
    func doesNotFit(_ pattern: String, _ text: String) { #expect(!ShellPattern(pattern).matches(text)) }

    @Test(.timeLimit(.minutes(1)))
    func manyStarsTakeNoExponentialTime() {
        let pattern = ShellPattern(String(repeating: "*a", count: 40) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: ShellPattern.longestText)))
    }

    @Test(arguments: [("*", true), ("**", true), ("a*", false), ("*a", false), ("?*", false), ("", false)])
    func ofLongTextsOnlyStarsFit(_ pattern: String, _ fitsLongTexts: Bool) {
        let text = String(repeating: "a", count: ShellPattern.longestText)
        #expect(ShellPattern(pattern).matches(text) == !pattern.isEmpty)
        #expect(ShellPattern(pattern).matches(text + "a") == fitsLongTexts)
    }
}
