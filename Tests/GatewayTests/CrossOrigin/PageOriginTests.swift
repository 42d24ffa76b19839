// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import SeededRandom
import Testing

@testable import Gateway

struct PageOriginTests {
    private func matches(_ pattern: String, _ origin: String) throws -> Bool {
        try #require(PageOrigin(pattern)).contains(Array(origin.utf8)[...])
    }

    @Test(arguments: [
        "https://app.example.org", "http://localhost:3000", "https://*.example.org", "https://*.example.org:8443",
        "http://127.0.0.1:1",
        "http://[::1]:3000", "https://[2001:db8::1]", "https://a", "https://xn--bcher-kva.example",
        "https://a_b.example",
    ]) func originsAsBrowsersSendThem(_ text: String) throws {
        #expect(try #require(PageOrigin(text)).text == text)
    }

    @Test(arguments: [
        "", "*", "null", "https://", "app.example.org", "ftp://a.example", "https://A.example", "HTTPS://a.example",
        "https://a.example/",
        "https://a.example/x", "https://a.example:443", "http://a.example:80", "https://a.example:",
        "https://a.example:0",
        "https://a.example:65536", "https://a.example:08", "https://u@a.example", "https://*", "https://*.org",
        "https://*.",
        "https://*.*.example.org", "https://a.*.example.org", "https://*a.example.org", "https://a.example.org.",
        "https://.example.org",
        "https://a..example.org", "https://[::1", "https://[]", "https://[::1]x", "https://*.[::1]",
        "https://bücher.example",
        "https://a.example https://b.example", "https://a.example?", "https://a.example\u{0}",
    ]) func othersAreRefused(_ text: String) {
        #expect(PageOrigin(text) == nil)
    }

    @Test(arguments: [
        ("https://app.example.org", "https://app.example.org", true),
        ("https://app.example.org", "http://app.example.org", false),
        ("https://app.example.org", "https://app.example.org:8443", false),
        ("https://app.example.org", "https://APP.example.org", false),
        ("https://app.example.org", "https://app.example.org.", false),
        ("https://app.example.org", "https://app.example.orgx", false),
        ("https://app.example.org", "https://xapp.example.org", false), ("https://app.example.org", "null", false),
        ("https://app.example.org", "", false), ("http://localhost:3000", "http://localhost:3000", true),
        ("http://localhost:3000", "http://localhost:30000", false),
        ("https://*.example.org", "https://a.example.org", true),
        ("https://*.example.org", "https://a.b.example.org", true),
        ("https://*.example.org", "https://example.org", false),
        ("https://*.example.org", "https://.example.org", false),
        ("https://*.example.org", "https://evilexample.org", false),
        ("https://*.example.org", "https://a.example.org.evil.example", false),
        ("https://*.example.org", "https://evil.example/.example.org", false),
        ("https://*.example.org", "https://u@a.example.org", false),
        ("https://*.example.org", "https://evil.example:1.example.org", false),
        ("https://*.example.org", "https://a..example.org", false),
        ("https://*.example.org", "https://evil.example#.example.org", false),
        ("https://*.example.org", "http://a.example.org", false),
        ("https://*.example.org", "https://a.example.org:8443", false),
        ("https://*.example.org", "https://A.example.org", false),
        ("https://*.example.org:8443", "https://a.example.org:8443", true),
        ("https://*.example.org:8443", "https://a.example.org", false),
        ("https://*.example.org", "https://*.example.org", false),
        ("https://*.example.org", "https://a\u{0}.example.org", false),
    ]) func wholeOriginsAreCompared(_ pattern: String, _ origin: String, _ expected: Bool) throws {
        #expect(try matches(pattern, origin) == expected)
    }

    /// A plain reading of the rule, over origins that are made of pieces.
    @Test func namesBelowAreWholeNames() throws {
        var random = SeededRandom(seed: 4)
        let pieces = ["https://", "a", ".", "example.org", "-", ":", "/", "@", "A", "%2e", "*"]
        var found = 0
        for _ in 0..<20_000 {
            let parts = (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            let origin =
                (Bool.random(using: &random) ? "https://" : "") + parts.joined()
                + (Bool.random(using: &random) ? ".example.org" : "")
            let labels = origin.dropFirst(8).split(separator: ".", omittingEmptySubsequences: false)
            let expected =
                origin.hasPrefix("https://") && labels.count > 2 && labels.suffix(2) == ["example", "org"]
                && labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { "abcdefghijklmnopqrstuvwxyz-".contains($0) } }
            if expected { found += 1 }
            #expect(try matches("https://*.example.org", origin) == expected, "\(origin)")
        }
        #expect(found > 100)
    }
}
