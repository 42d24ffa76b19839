// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

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
