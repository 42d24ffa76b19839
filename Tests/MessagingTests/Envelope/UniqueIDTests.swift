// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct UniqueIDTests {
    @Test(arguments: 0..<32) func everyDigitIsReadInBothCasesAndNothingElse(_ position: Int) {
        var text = Array("0123456789abcdef0123456789abcdef".utf8)
        for byte in UInt8.min...UInt8.max {
            text[position] = byte
            let id = UniqueID(hexadecimal: text.span, 0..<32)
            let scalar = Unicode.Scalar(byte)
            let isDigit = ("0"..."9").contains(scalar) || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
            #expect((id != nil) == isDigit, "\(byte) at \(position)")
            if let id { #expect(id.hexadecimal == String(decoding: text, as: UTF8.self).lowercased()) }
        }
    }

    @Test func anIdentifierIsReadWhereItStands() {
        let id = UniqueID()
        let text = Array("<<\(id.hexadecimal)>".utf8)
        #expect(UniqueID(hexadecimal: text.span, 2..<34) == id)
        #expect(UniqueID(hexadecimal: text.span, 2..<33) == nil)
        #expect(UniqueID(hexadecimal: text.span, 1..<33) == nil)
        #expect(UniqueID(hexadecimal: id.hexadecimal) == id)
        #expect(UniqueID(hexadecimal: "") == nil)
    }

    @Test func theDigitsAreThoseOfTheDashedForm() {
        for _ in 0..<100 {
            let id = UniqueID()
            #expect(id.dashed.filter { $0 != "-" } == id.hexadecimal)
            #expect(id.hexadecimal.count == 32)
        }
    }
}
