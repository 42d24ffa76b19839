// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import SeededRandom
import Testing

@testable import Access

/// The JSON and the base64 of tokens: what is not written exactly is refused.
struct ClaimValueTests {
    private func read(_ text: String) -> ClaimValue? { ClaimValue(json: Array(text.utf8)) }

    @Test func valuesAreRead() {
        let text = " { \"a\" : [ 1 , -0.5e+2, true , false, null , \"x\" ] , \"b\" : { } , \"c\":[]}\n"
        let list: [ClaimValue] = [.number(1), .number(-50), .boolean(true), .boolean(false), .null, .text("x")]
        #expect(read(text) == .object(["a": .list(list), "b": .object([:]), "c": .list([])]))
        #expect(read("\"\\u0041\\\\\\/\\\"\\b\\f\\n\\r\\t\\ud83d\\ude00é\"") == .text("A\\/\"\u{8}\u{c}\n\r\t😀é"))
    }

    @Test(arguments: [
        "", " ", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\":1 \"b\":2}", "[1,]", "[,1]",
        "[1", "01", "1.",
        ".5", "+1", "-", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "truee", "nul", "\"", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "\"\t\"", "1 2", "{} {}", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"b\":{\"a\":1,\"a\":1}}", "[{\"a\":1,\"a\":1}]", "1e999", "\u{feff}{}", "//\n1", "'a'",
    ]) func whatIsNoJSONIsRefused(_ text: String) { #expect(read(text) == nil) }

    @Test func bytesThatAreNoTextAreRefused() {
        for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0]] {
            #expect(ClaimValue(json: [0x22] + bytes + [0x22]) == nil)
        }
        #expect(read("{\"é\":1,\"e\u{301}\":2}") != nil, "two names that look the same are two")
    }

    @Test func levelsAreBounded() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(read(nested(16)) != nil)
        #expect(read(nested(17)) == nil)
        #expect(read(nested(100_000)) == nil)
    }

    @Test(arguments: [
        ("/a", "1"), ("/b/c", "2"), ("/b~1c", "3"), ("/~0", "4"), ("/", "5"), ("/b/d", nil), ("/a/x", nil),
        ("/l/0", nil),
    ]) func pointersLeadToClaims(_ pointer: String, _ value: String?) throws {
        let claims = try #require(
            read("{\"a\":\"1\",\"b\":{\"c\":\"2\"},\"b/c\":\"3\",\"~\":\"4\",\"\":\"5\",\"l\":[1]}")
        )
        #expect(try #require(ClaimPointer(pointer)).value(in: claims)?.text?.text == value)
    }

    @Test(arguments: ["", "a", "sub/x", "/~", "/~2", "/a~"]) func otherPointersAreNone(_ text: String) {
        #expect(ClaimPointer(text) == nil)
    }

    @Test func base64IsWhatOneEncoderWrites() {
        var random = SeededRandom(seed: 5)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Array(base64URL(bytes).utf8)
            #expect(Base64URL.decode(text[...]) == bytes)
            // Every other text of these characters stands for other bytes, or for none.
            guard let last = text.indices.last else { continue }
            for digit in "ABab09-_gQw".utf8 where digit != text[last] {
                #expect(Base64URL.decode((text.dropLast() + [digit])[...]) != bytes)
            }
        }
        for text in ["A", "AAAAA", "AA=", "AA==", "AB", "AAB", "A+", "A/", " AA", "AA ", "A\nA", "A?", "é"] {
            #expect(Base64URL.decode(Array(text.utf8)[...]) == nil, "\(text)")
        }
        #expect(Base64URL.decode([]) == [])
    }
}
