// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

/// An envelope in its usual form is opened in one pass, any other by the scanner that knows all of JSON: both agree.
struct MessageEnvelopeTests {
    @Test(arguments: [
        "", "{}", "a", #"\"method\": \"x\""#, #"\\\/\b\f\n\r\t"#, #"\u0041\u00e9\u20ac\u0000"#, #"\ud83d\ude00"#,
        #"\uD83D\uDE00!"#,
        #"\ud83d"#, #"\ud83dx"#, #"\ud83d\n"#, #"\ude00"#, #"\ud83d\ud83d\ude00"#, #"\ud83d\u00"#, #"\ud83d\udeZZ"#,
        #"\uZZZZ"#,
        #"\u12"#, #"\x"#, #"\"#, "é€😀", "0123456é", "01234567é", "\u{1}", "1234567\u{1}", "12345678\u{7f}",
        #"1234567\"90123456\""#, #"a", "oslo.message": "b"#, #"\ud800", "oslo.message": "b"#, #"a" ,"c": "d"#,
        #"a"}, "#,
    ])
    func bothWaysAgree(_ text: String) { check(Array(text.utf8)) }

    @Test func bothWaysAgreeOnRandomTexts() {
        let pieces: [[UInt8]] = [
            [0x5c], [0x22], [0x75], Array("d83d".utf8), Array("de00".utf8), Array("00e9".utf8), [0xc3, 0xa9],
            [0xe2, 0x82, 0xac],
            [0xf0, 0x9f, 0x98, 0x80], [0xc3], [0x80], [0xed, 0xa0, 0x80], [0x1f], [0x6e], Array("abcdefgh".utf8),
            [0x5c, 0x22],
            [0x5c, 0x5c], Array(#"\u0041"#.utf8), Array(#"\ud83d\ude00"#.utf8), [0x7d], [0x20],
        ]
        var seed: UInt64 = 1
        for _ in 0..<20_000 {
            var text: [UInt8] = []
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var rest = seed >> 8
            for _ in 0..<(seed >> 5 & 7) {
                text += pieces[Int(rest % UInt64(pieces.count))]
                rest /= UInt64(pieces.count)
            }
            check(text)
        }
    }

    @Test func whatIsSealedIsOpenedAgain() throws {
        for text in [#"{"a": "\\é\n", "b": [1, "\""]}"#, #"{"k": "\#u{1}"}"#] {
            let message = Array(text.utf8)
            #expect(try MessageEnvelope.open(MessageEnvelope.seal(message), takesPythonConstants: false) == message)
        }
    }

    /// The room for what is escaped is reckoned by words, and words are written whole: it has to do at every offset.
    @Test(arguments: [0..<80, 1_016..<1_040])
    func thereIsRoomForWhateverIsEscaped(_ sizes: Range<Int>) throws {
        let pieces: [UInt8] = [0x22, 0x5c, 0x01, 0x1f, 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x61, 0x7f, 0x0a]
        var seed: UInt64 = 7
        for size in sizes {
            for round in 0..<60 {
                let few = round % pieces.count + 1
                let message = (0..<size).map { _ in
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return pieces[Int(seed >> 33) % few]
                }
                let sealed = MessageEnvelope.seal(message)
                #expect(try MessageEnvelope.open(sealed, takesPythonConstants: false) == message)
            }
        }
    }

    private func check(_ text: [UInt8]) {
        let usual = opened(#"{"oslo.version": "2.0", "oslo.message": ""#, text)
        let other = opened(#"{ "oslo.version": "2.0", "oslo.message": ""#, text)
        #expect(usual.message == other.message, "\(String(decoding: text, as: UTF8.self))")
        #expect(usual.defect == other.defect, "\(String(decoding: text, as: UTF8.self))")
    }

    /// The message, or what is wrong.
    private func opened(_ start: String, _ text: [UInt8]) -> (message: [UInt8]?, defect: JSONError.Kind?) {
        let body = Array(start.utf8) + text + Array(#""}"#.utf8)
        do throws(JSONError) {
            return (try MessageEnvelope.open(body, takesPythonConstants: false), nil)
        } catch {
            return (nil, error.kind)
        }
    }
}
