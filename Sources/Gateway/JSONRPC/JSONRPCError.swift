// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// An error object of JSON-RPC 2.0.
struct JSONRPCError: Sendable {
    /// Its number in the specification, or, from -32000 to -32099, in the contract.
    let code: Int
    let message: String
    /// The problem document.
    let data: [UInt8]

    /// The error for a problem, whose document becomes the `data`.
    ///
    /// - Parameter code: the number where it is not the one of the problem's code.
    init(_ document: ProblemDocument, code: Int? = nil) {
        self.code = code ?? document.problem.code.facts.number
        message = Self.standardMessages[self.code] ?? document.problem.title
        data = document.text
    }

    private static let standardMessages = [
        -32700: "Parse error", -32600: "Invalid Request", -32601: "Method not found", -32602: "Invalid params",
        -32603: "Internal error",
    ]
}

/// Why an entry failed, with what it was about.
struct JSONRPCFailure: Error, Sendable {
    var document: ProblemDocument
}

/// A text that is no request object, and the id to answer with.
struct JSONRPCRefusal: Error, Sendable {
    var id: JSONText?
    var code: Int
    var problem: Problem

    static func parse(_ error: JSONError) -> JSONRPCRefusal {
        JSONRPCRefusal(id: nil, code: -32700, problem: .invalidRequest("body: \(error)"))
    }

    static func invalidRequest(_ detail: String, id: JSONText? = nil) -> JSONRPCRefusal {
        JSONRPCRefusal(id: id, code: -32600, problem: .invalidRequest(detail))
    }

    /// The response object.
    func response(_ identity: RequestIdentity) -> [UInt8] {
        let document = ProblemDocument(problem: problem, request: identity)
        return JSONRPCResponse.error(JSONRPCError(document, code: code), id: id)
    }
}
