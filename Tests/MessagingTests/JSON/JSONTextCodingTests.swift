// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Messaging
import Testing

/// A JSON text as a part of values that are coded.
struct JSONTextCodingTests {
    private struct Holder: Codable {
        var value: JSONText
    }

    /// What a coder makes of a text, and what it then is.
    private func coded(_ text: String) throws -> String {
        let data = try JSONEncoder().encode(Holder(value: try JSONText(text)))
        return try JSONDecoder().decode(Holder.self, from: data).value.string
    }

    @Test(arguments: [
        "null", "true", "false", "0", "-7", "9223372036854775807", "18446744073709551615", "1.5", "-2.25",
        #""""#, #""é\"\\""#, "[]", "[1, [null, [true]], {}]", #"{"a": {"b": [1, "x"]}}"#, "{}",
    ])
    func valuesComeThrough(_ text: String) throws { #expect(try coded(text) == text) }

    @Test func membersComeThroughInAnyOrder() throws {
        let object = try JSONText(try coded(#"{"b": 1, "a": [2], "c\n": null}"#))
        let members = try #require(object.members).map { "\($0.key)=\($0.value.string)" }
        #expect(members.sorted() == ["a=[2]", "b=1", "c\n=null"])
    }

    @Test func aNumberThatNoCoderHasIsAnError() {
        #expect(throws: EncodingError.self) { try coded("1e999") }
    }
}
