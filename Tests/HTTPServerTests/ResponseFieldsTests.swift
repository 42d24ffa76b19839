// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ResponseFieldsTests {
    private func text(_ fields: ResponseFields) -> String { String(decoding: fields.head, as: UTF8.self) }

    @Test func fieldsAreKeptAsTheLinesThatAreSent() {
        var fields = ResponseFields([("X-A", "1"), ("X-B", "a: b")])
        fields.append(("X-C", "größe"))
        fields += [("X-A", "2")]
        #expect(text(fields) == "X-A: 1\r\nX-B: a: b\r\nX-C: größe\r\nX-A: 2\r\n")
        #expect(fields.count == 4)
        #expect(fields.map(\.name) == ["X-A", "X-B", "X-C", "X-A"])
        #expect(fields.map(\.value) == ["1", "a: b", "größe", "2"])
        #expect(!fields.hasLeftOut)
    }

    @Test(arguments: [
        ("", "1"), ("a b", "1"), ("a:", "1"), ("é", "1"), ("X", ""), ("X", "a\r\nY: b"), ("X", "a\0"), ("X", "\u{1}"),
        ("X", "a\tb"), ("X", "\u{7f}"), ("date", "1"), ("Connection", "close"), ("CONTENT-LENGTH", "1"),
        ("Transfer-Encoding", "chunked"),
    ])
    func whatCannotStandInAHeadIsLeftOut(_ name: String, _ value: String) {
        let fields = ResponseFields([("X-A", "1"), (name, value)])
        #expect(text(fields) == "X-A: 1\r\n")
        #expect(fields.hasLeftOut)
    }

    @Test func fieldsAreTakenOutByACondition() {
        var fields = ResponseFields([("X-A", "1"), ("X-B", "2"), ("X-A", "3")])
        fields.removeAll { $0.name == "X-A" }
        #expect(text(fields) == "X-B: 2\r\n")
        fields.removeAll { $0.name == "X-B" }
        #expect(fields.count == 0 && fields.lines.isEmpty)
    }

    @Test func aWriterPutsFieldsTogether() {
        let fields = ResponseFields(capacity: 200) { fields in
            fields.field("X-A", "text")
            fields.field("X-B", Array("bytes".utf8)[...])
            fields.begin("X-C")
            fields.append(decimal: 0)
            fields.append(" ")
            fields.append(decimal: .max)
            fields.append(" ")
            fields.append(7, digits: 3)
            fields.end()
            fields.begin("X-D")
            fields.append(hexadecimal: 0x0123_4567_89ab_cdef)
            fields.end()
        }
        let lines = "X-A: text\r\nX-B: bytes\r\nX-C: 0 18446744073709551615 007\r\nX-D: 0123456789abcdef\r\n"
        #expect(text(fields) == lines)
        #expect(fields.count == 4)
        #expect(fields.bytesInMemory == lines.utf8.count + 4 * 60)
    }

    @Test func theCapacityMayBeUsedUp() {
        #expect(text(ResponseFields(capacity: 6) { $0.field("X", "1") }) == "X: 1\r\n")
        #expect(ResponseFields(capacity: 0) { _ in }.count == 0)
    }
}
