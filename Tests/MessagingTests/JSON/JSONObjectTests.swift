// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

struct JSONObjectTests {
    @Test func emptyInputIsAnEmptyObject() throws {
        #expect(try JSONObject.arguments([]).string == "{}")
    }

    @Test(arguments: ["[]", "1", "null", "\"a\"", "true"])
    func argumentsAreAnObject(_ text: String) {
        #expect(throws: JSONError(.notAnObject, at: 0)) { try JSONObject.arguments(Array(text.utf8)) }
    }

    @Test(arguments: [
        #"{"a": 1, "b": 2, "a": 3}"#, #"{"a": 1, "\u0061": 3}"#, #"{"\u0061": 1, "a": 3}"#, #"{"é": 1, "\u00e9": 3}"#,
    ])
    func refusesAKeyGivenTwice(_ text: String) {
        #expect { try JSONObject.arguments(Array(text.utf8)) } throws: { ($0 as? JSONError)?.kind == .duplicateKey }
    }

    @Test func keysThatDifferByNormalisationAreDifferent() throws {
        let text = "{\"\u{e9}\": 1, \"e\u{301}\": 2}"
        #expect(try JSONObject.arguments(Array(text.utf8)).string == text)
    }

    @Test func noMoreIsTakenOutThanIsAskedFor() throws {
        let (array, object) = (try JSONText("[1, [2], 3]"), try JSONText(#"{"a": 1, "b": [2]}"#))
        #expect(array.elements(atMost: 3)?.map(\.string) == ["1", "[2]", "3"])
        #expect(array.elements(atMost: 2) == nil && object.elements(atMost: 9) == nil)
        #expect(object.members(atMost: 2)?.map(\.key) == ["a", "b"])
        #expect(object.members(atMost: 1) == nil && array.members(atMost: 9) == nil)
        #expect(JSONText.emptyObject.members(atMost: 0)?.isEmpty == true)
    }

    @Test func duplicatesInnerKeysPass() throws {
        let text = #"{"a": {"x": 1, "x": 2}}"#
        #expect(try JSONObject.arguments(Array(text.utf8)).string == text)
    }

    @Test func findsADuplicateAmongManyKeys() throws {
        let keys = (0..<500).map { "\"k\($0)\": \($0)" }.joined(separator: ", ")
        #expect(try JSONObject.arguments(Array("{\(keys)}".utf8)).members?.count == 500)
        #expect { try JSONObject.arguments(Array("{\(keys), \"k77\": 0}".utf8)) } throws: {
            ($0 as? JSONError)?.kind == .duplicateKey
        }
    }

    @Test func membersAndElementsKeepTheirBytes() throws {
        let object = try JSONText(#"{"a": 1.0, "b\n": [1e5, "x", {"y": []}], "c": "\ud800"}"#)
        let members = try #require(object.members)
        #expect(members.map(\.key) == ["a", "b\n", "c"])
        #expect(members.map(\.value.string) == ["1.0", #"[1e5, "x", {"y": []}]"#, #""\ud800""#])
        #expect(members[1].value.elements?.map(\.string) == ["1e5", "\"x\"", #"{"y": []}"#])
        #expect(members[2].value.stringValue == nil)
        #expect(try JSONText("[]").elements?.isEmpty == true)
    }
}

struct ManyArgumentsTests {
    private func object(_ count: Int) -> [UInt8] {
        Array("{\((0..<count).map { "\"\($0)\":1" }.joined(separator: ","))}".utf8)
    }

    @Test func thereIsABoundOfArguments() throws {
        let most = object(JSONObject.maximumArguments)
        #expect(try JSONObject.arguments(most).bytes.count == most.count)
        let error = #expect(throws: JSONError.self) {
            try JSONObject.arguments(object(JSONObject.maximumArguments + 1))
        }
        #expect(error?.kind == .tooManyKeys)
    }
}
