// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

struct QueryParametersTests {
    private let known = ["namespace", "version"]

    @Test func decodesOnceAndKeepsThePlusSign() throws {
        let query = try QueryParameters(Array("namespace=a%20b%2Bc+d&version=1.0".utf8), known: known)
        #expect(query["namespace"] == "a b+c+d")
        #expect(query["version"] == "1.0")
        #expect(query["exchange"] == nil)
    }

    @Test func anEmptyQueryHasNoParameters() throws {
        #expect(try QueryParameters(nil, known: [])["a"] == nil)
        #expect(try QueryParameters([], known: [])["a"] == nil)
    }

    @Test(arguments: [
        ("namespace=%0a", "query: a parameter holds a control character"),
        ("%00=1", "query: a parameter holds a control character"),
        ("version=a%7Fb", "query: a parameter holds a control character"),
        ("namespace=%zz", "query: a parameter is not percent-encoded UTF-8"),
        ("namespace=%ff", "query: a parameter is not percent-encoded UTF-8"),
    ])
    func tellsWhatIsWrong(_ query: String, _ detail: String) {
        let problem = #expect(throws: Problem.self) { try QueryParameters(Array(query.utf8), known: known) }
        #expect(problem?.detail == detail)
    }

    @Test(arguments: [
        "x=1", "namespace=a&namespace=b", "namespace=%zz", "namespace=%ff", "namespace=%00", "&", "version=1&",
    ])
    func refusesUnknownRepeatedAndBroken(_ query: String) {
        #expect(throws: Problem.self) { try QueryParameters(Array(query.utf8), known: known) }
    }
}
