//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer
internal import Messaging

/// Writes problem documents (RFC 9457) in the order of the contract.
struct ProblemDocument {
    var problem: Problem
    var request: RequestIdentity
    var target: Target?
    var method: String?
    var exposesTraceback = false

    /// The answer: status, fields and document.
    var response: HTTPResponse {
        var fields = [
            ("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"),
        ]
        fields += request.fields
        if let id = problem.messageID { fields.append(("Rpc-Message-Id", id.hexadecimal)) }
        fields += problem.allFields.map { ($0.name, $0.value) }
        var response = HTTPResponse(status: problem.status, fields: fields, body: Array(text.utf8)[...])
        response.closesConnection = problem.closesConnection
        return response
    }

    private var text: String {
        var members = [
            ("type", string("urn:rpc-gateway:problem:\(problem.code)")), ("title", string(problem.title)),
            ("status", "\(problem.status)"), ("detail", string(problem.detail)),
            ("instance", string("urn:uuid:\((problem.messageID ?? UniqueID()).dashed)")),
            ("code", string(problem.code)), ("origin", string(problem.origin.rawValue)),
            ("executed", string(problem.execution.rawValue)), ("retryable", "\(problem.isRetryable)"),
        ]
        if let stage = problem.stage { members.append(("stage", string(stage.rawValue))) }
        if let target { members.append(("target", targetText(target))) }
        if let remote = problem.remote { members.append(("exception", exceptionText(remote))) }
        members.append(("request_id", string(request.id)))
        members.append(("elapsed", request.elapsedSeconds))
        return object(members)
    }

    private func targetText(_ target: Target) -> String {
        object([
            ("exchange", string(target.exchange)), ("topic", string(target.topic)),
            ("server", string(target.isFanout ? "*" : target.server)), ("method", string(method)),
            ("namespace", string(target.namespace)), ("version", string(target.version)),
        ])
    }

    private func exceptionText(_ remote: RemoteError) -> String {
        var members = [("module", string(remote.module)), ("class", string(remote.className))]
        if problem.showsRemoteText {
            members += [
                ("message", string(remote.message)), ("args", remote.arguments.string),
                ("kwargs", remote.keywordArguments.string),
            ]
        }
        if exposesTraceback {
            members.append(("traceback", "[\(remote.traceback.map { string($0) }.joined(separator: ","))]"))
        }
        return object(members)
    }

    private func string(_ text: String?) -> String { text.map { JSONText(string: $0).string } ?? "null" }

    private func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}
