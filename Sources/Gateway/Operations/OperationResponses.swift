// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// The responses about operations.
enum OperationResponses {
    /// The path of an operation.
    static func path(_ id: UniqueID) -> String { "/-/operations/\(id.hexadecimal)" }

    /// The request is being executed; its answer will be at `Location`.
    static func begun(_ id: UniqueID, _ identity: RequestIdentity) -> HTTPResponse {
        var response = running(identity)
        response.fields += [("Location", path(id)), ("Preference-Applied", "respond-async")]
        return response
    }

    /// There is no answer yet.
    static func running(_ identity: RequestIdentity) -> HTTPResponse {
        let fields = [("Cache-Control", "no-store"), ("Rpc-Operation", "running"), ("Retry-After", "1")]
        return HTTPResponse(status: 202, fields: fields + identity.fields)
    }

    /// The answer that the request would have got at once.
    static func done(_ answer: StoredResponse) -> HTTPResponse { answer.response(adding: ("Rpc-Operation", "done")) }

    /// The operation has been forgotten.
    static func forgotten(_ identity: RequestIdentity) -> HTTPResponse {
        HTTPResponse(status: 204, fields: [("Cache-Control", "no-store")] + identity.fields)
    }
}

extension Problem {
    static let noSuchOperation = Problem.notFound("This gateway knows no operation with this identifier")
}
