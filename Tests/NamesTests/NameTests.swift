// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing

struct NameTests {
    /// Pairs that `String` takes for equal: composed and decomposed, singletons, Hangul, reordered marks.
    static let lookAlikes = [
        ("\u{e9}", "e\u{301}"), ("K", "\u{212a}"), ("\u{c5}", "\u{212b}"), ("\u{ac00}", "\u{1100}\u{1161}"),
        ("q\u{307}\u{323}", "q\u{323}\u{307}"), ("a\u{e9}", "ae\u{301}"),
    ]

    @Test(arguments: lookAlikes)
    func lookAlikesDiffer(one: String, other: String) {
        #expect(one == other, "the pair shows nothing")
        #expect(Name(one) != Name(other))
        #expect(Set([Name(one), Name(other)]).count == 2)
    }

    @Test(arguments: lookAlikes)
    func sameBytesAreEqual(one: String, other: String) {
        for text in [one, other] {
            let again = Name(String(decoding: Array(text.utf8), as: UTF8.self))
            #expect(Name(text) == again)
            #expect(Name(text).hashValue == again.hashValue)
        }
    }

    @Test func prefixAndSuffixGoByBytes() {
        let name = Name("_\u{301}x")
        #expect(!name.text.hasPrefix("_"), "a grapheme hides the underscore")
        #expect(name.hasPrefix("_"))
        #expect(Name("x:\u{301}cast").hasPrefix("x:"))
        #expect(Name("e\u{301}").hasSuffix("\u{301}"))
        #expect(!Name("b").hasSuffix("ab"))
        #expect(Name("").hasPrefix("") && Name("").hasSuffix(""))
    }

    @Test func orderIsThatOfBytes() {
        #expect(Name("Z") < Name("a"))
        #expect(Name("e\u{301}") < Name("\u{e9}"))
        #expect(!(Name("a") < Name("a")))
    }
}
