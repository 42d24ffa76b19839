// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct JSONScannerTests {
    @Test(arguments: [
        "0", "-0", "1.0", "1e5", "1E+400", "-12.5e-3", "1234567890123456789012345678901234567890", "true", "false",
        "null",
        "\"\"", "\"a\\u0000\\ud83d\\ude00\\ud800\"", "\"ü€😀\"", "[]", "{}", "[1, [2, {\"a\": []}], null]",
        "{\"a\": {\"a\": 1}, \"b\": [true, false]}", "\"a/b\\/c\"", "{\"\": \"\"}",
    ])
    func keepsValidTextsByteForByte(_ text: String) throws {
        #expect(try JSONText(text).string == text)
        #expect(try JSONText(" \t\r\n\(text) ").string == text)
    }

    @Test(arguments: [
        ("", JSONError(.unexpectedEnd, at: 0)), ("[1,]", JSONError(.unexpectedByte, at: 3)),
        ("[1 2]", JSONError(.unexpectedByte, at: 3)), ("{\"a\" 1}", JSONError(.unexpectedByte, at: 5)),
        ("{\"a\": 1", JSONError(.unexpectedEnd, at: 7)), ("{a: 1}", JSONError(.unexpectedByte, at: 1)),
        ("01", JSONError(.unexpectedByte, at: 1)), ("1.", JSONError(.invalidNumber, at: 0)),
        ("-", JSONError(.invalidNumber, at: 0)), ("+1", JSONError(.unexpectedByte, at: 0)),
        (".5", JSONError(.unexpectedByte, at: 0)), ("1e", JSONError(.invalidNumber, at: 0)),
        ("NaN", JSONError(.notANumber, at: 0)), ("[Infinity]", JSONError(.notANumber, at: 1)),
        ("-Infinity", JSONError(.notANumber, at: 0)), ("tru", JSONError(.unexpectedEnd, at: 3)),
        ("trux", JSONError(.unexpectedByte, at: 3)), ("\"a", JSONError(.unexpectedEnd, at: 2)),
        ("\"\u{01}\"", JSONError(.controlCharacter, at: 1)), ("\"\\x\"", JSONError(.invalidEscape, at: 1)),
        ("\"\\u12g4\"", JSONError(.invalidEscape, at: 1)), ("{} {}", JSONError(.unexpectedByte, at: 3)),
        ("\u{feff}{}", JSONError(.unexpectedByte, at: 0)), ("'a'", JSONError(.unexpectedByte, at: 0)),
        ("[1}", JSONError(.unexpectedByte, at: 2)), ("]", JSONError(.unexpectedByte, at: 0)),
    ])
    func refusesInvalidTextsWithTheOffset(_ text: String, _ error: JSONError) {
        #expect(throws: error) { try JSONText(text) }
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe2, 0x82], [0xc3],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONText([0x22] + bytes + [0x22]) }
        // Where there are eight bytes to look at together, behind good ones, and in a copy.
        let long = Array("\u{1F600}é".utf8) + bytes + Array("12345678".utf8)
        #expect(throws: JSONError(.invalidUTF8, at: 7)) { try JSONText([0x22] + long + [0x22]) }
        #expect(throws: JSONError.self) {
            try [UInt8].filled(capacity: long.count) { (output: inout OutputSpan<UInt8>) throws(JSONError) in
                var scanner = JSONScanner()
                try scanner.content(long.span, into: &output)
            }
        }
    }

    @Test func acceptsDepth256AndRefusesOneMore() throws {
        let deep = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
        #expect(try JSONText(deep).string == deep)
        #expect(throws: JSONError(.tooDeep, at: 256)) { try JSONText("[" + deep + "]") }
        let objects = String(repeating: "{\"a\":", count: 256) + "1" + String(repeating: "}", count: 256)
        #expect(try JSONText(objects).string == objects)
        #expect(throws: JSONError(.tooDeep, at: 1280)) {
            try JSONText(String(repeating: "{\"a\":", count: 100_000))
        }
    }

    /// Every string that is escaped into a JSON string comes back as it was, whatever its bytes and length.
    @Test func escapingRoundTripsOverThousandsOfGeneratedTexts() throws {
        var random = SystemRandomNumberGenerator()
        let alphabet: [Unicode.Scalar] = [
            "a", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1f}", "\u{7f}", "é", "€", "😀",
        ]
        for length in 0..<3000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<(length % 70) { text.append(alphabet.randomElement(using: &random) ?? "a") }
            let json = JSONText(string: String(text))
            #expect(try JSONText(json.string) == json)
            #expect(json.stringValue?.utf8.elementsEqual(String(text).utf8) == true)
        }
    }

    /// Cutting a valid text short, or changing one byte, is never a crash and never accepted as the whole.
    @Test func everyPrefixOfAnObjectIsRefused() {
        let text = Array(#"{"a": [1, 2.5e3, "x\u00e9\ud83d\ude00", null, true], "b": {"c": "é€😀"}}"#.utf8)
        for length in 0..<text.count { #expect(throws: JSONError.self) { try JSONText(Array(text[..<length])) } }
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                if let accepted = try? JSONText(changed) { #expect(Array(accepted.bytes) == changed) }
            }
        }
    }
}
