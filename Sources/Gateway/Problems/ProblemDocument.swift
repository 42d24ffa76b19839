// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

extension Problem {
    /// The answer to a request that nothing more is known of than what it is called.
    func response(_ identity: RequestIdentity) -> HTTPResponse {
        ProblemDocument(problem: self, request: identity).response
    }
}

/// Writes problem documents (RFC 9457) in the order of the contract.
struct ProblemDocument {
    var problem: Problem
    var request: RequestIdentity
    var target: Target?
    /// Where a message of plain AMQP went.
    var plain: (exchange: String, routingKey: String)?
    var method: String?
    var exposesTraceback = false

    /// The answer: status, fields and document.
    var response: HTTPResponse {
        var fields = ResponseFields([
            ("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"),
        ])
        fields += request.fields
        if let id = problem.messageID { fields.append(("Rpc-Message-Id", id.hexadecimal)) }
        fields += problem.allFields
        var response = HTTPResponse(status: problem.status, fields: fields, body: Array(text.utf8)[...])
        response.closesConnection = problem.closesConnection
        return response
    }

    /// The document itself.
    var text: String {
        var members = [
            ("type", Self.string("urn:rpc-gateway:problem:\(problem.code.rawValue)")),
            ("title", Self.string(problem.title)),
            ("status", "\(problem.status)"), ("detail", Self.string(problem.detail)),
            ("instance", Self.string("urn:uuid:\((problem.messageID ?? UniqueID()).dashed)")),
            ("code", Self.string(problem.code.rawValue)), ("origin", Self.string(problem.origin.rawValue)),
            ("executed", Self.string(problem.execution.rawValue)), ("retryable", "\(problem.isRetryable)"),
        ]
        if let stage = problem.stage { members.append(("stage", Self.string(stage.rawValue))) }
        if let target { members.append(("target", targetText(target))) }
        if let plain { members.append(("amqp", plainText(plain))) }
        if let remote = problem.remote {
            let text = Self.exception(remote, showsText: problem.showsRemoteText, showsTraceback: exposesTraceback)
            members.append(("exception", text))
        }
        members.append(("request_id", Self.string(request.id)))
        members.append(("elapsed", request.elapsedSeconds))
        return Self.object(members)
    }

    private func targetText(_ target: Target) -> String {
        Self.object([
            ("exchange", Self.string(target.exchange)), ("topic", Self.string(target.topic)),
            ("server", Self.string(target.isFanout ? "*" : target.server)), ("method", Self.string(method)),
            ("namespace", Self.string(target.namespace)), ("version", Self.string(target.version)),
        ])
    }

    private func plainText(_ plain: (exchange: String, routingKey: String)) -> String {
        Self.object([
            ("exchange", Self.string(plain.exchange)), ("routing_key", Self.string(plain.routingKey)),
        ])
    }

    /// A server's exception as a JSON object.
    static func exception(_ remote: RemoteError, showsText: Bool, showsTraceback: Bool) -> String {
        var members = [("module", string(remote.module)), ("class", string(remote.className))]
        if showsText {
            members += [
                ("message", string(remote.message)), ("args", remote.arguments.string),
                ("kwargs", remote.keywordArguments.string),
            ]
        }
        if showsTraceback {
            members.append(("traceback", "[\(remote.traceback.map { string($0) }.joined(separator: ","))]"))
        }
        return object(members)
    }

    private static func string(_ text: String?) -> String { text.map { JSONText(string: $0).string } ?? "null" }

    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}
