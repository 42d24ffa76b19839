// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

/// Sequences of UTF-8 that are looked at eight bytes at a time, against the library's own reading of them.
struct JSONWordTests {
    /// The length of the character beyond ASCII that bytes begin with; 0 when there is none.
    private func length(_ bytes: [UInt8]) -> Int {
        for count in 2...4 {
            let scalars = String(validating: bytes.prefix(count), as: UTF8.self)?.unicodeScalars
            if let scalars, scalars.count == 1 { return count }
        }
        return 0
    }

    @Test(arguments: [UInt8](0x7e...0xff)) func multiByteSequencesAreThoseOfTheStandard(_ first: UInt8) {
        var wrong: [[UInt8]] = []
        for second in [UInt8](0...255) {
            for third in [0x7f, 0x80, 0xc0] as [UInt8] {
                for fourth in [0x80, 0xc0] as [UInt8] {
                    let bytes = [first, second, third, fourth, 0x80, 0x22, 0xff, 0x00]
                    let word = JSONWord.load(bytes.span, at: 0)
                    if JSONWord.multiByteLength(word) != length(bytes) { wrong.append(bytes) }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func textsOfAllPlanesAreReadAndCopied() throws {
        let scalars = stride(from: 0x80, through: 0x10ffff, by: 97).compactMap { Unicode.Scalar($0) }
        for start in 0..<8 {
            let text = String(repeating: "x", count: start) + String(String.UnicodeScalarView(scalars))
            let bytes = Array(text.utf8)
            let quoted = [0x22] + bytes + [0x22]
            #expect(try JSONText(quoted).stringValue == text)
            let copy = try [UInt8].filled(capacity: bytes.count) {
                (output: inout OutputSpan<UInt8>) throws(JSONError) in
                var scanner = JSONScanner()
                try scanner.content(bytes.span, into: &output)
            }
            #expect(copy == bytes)
        }
    }
}
