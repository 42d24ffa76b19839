// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

extension Problem {
    /// The answer to a request of which no more is known than its identity.
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
        var response = HTTPResponse(status: problem.status, fields: fields, body: text[...])
        response.closesConnection = problem.closesConnection
        return response
    }

    /// The document itself.
    var text: [UInt8] {
        var members = MemberWriter()
        members.add("type", string: "urn:rpc-gateway:problem:\(problem.code.rawValue)")
        members.add("title", string: problem.title)
        members.add("status", "\(problem.status)".utf8)
        members.add("detail", string: problem.detail)
        members.add("instance", string: "urn:uuid:\((problem.messageID ?? UniqueID()).dashed)")
        members.add("code", string: problem.code.rawValue)
        members.add("origin", string: problem.origin.rawValue)
        members.add("executed", string: problem.execution.rawValue)
        members.add("retryable", "\(problem.isRetryable)".utf8)
        if let stage = problem.stage { members.add("stage", string: stage.rawValue) }
        if let target { members.add("target", targetText(target)) }
        if let plain { members.add("amqp", plainText(plain)) }
        if let remote = problem.remote {
            let text = Self.exception(remote, showsText: problem.showsRemoteText, showsTraceback: exposesTraceback)
            members.add("exception", text)
        }
        members.add("request_id", request.quoted.bytes)
        members.add("elapsed", request.elapsedSeconds.utf8)
        return members.text()
    }

    private func targetText(_ target: Target) -> [UInt8] {
        var members = MemberWriter()
        members.add("exchange", string: target.exchange)
        members.add("topic", string: target.topic)
        members.add("server", string: target.isFanout ? "*" : target.server)
        members.add("method", string: method)
        members.add("namespace", string: target.namespace)
        members.add("version", string: target.version)
        return members.text()
    }

    private func plainText(_ plain: (exchange: String, routingKey: String)) -> [UInt8] {
        var members = MemberWriter()
        members.add("exchange", string: plain.exchange)
        members.add("routing_key", string: plain.routingKey)
        return members.text()
    }

    /// A server's exception as a JSON object.
    static func exception(_ remote: RemoteError, showsText: Bool, showsTraceback: Bool) -> [UInt8] {
        var members = MemberWriter()
        members.add("module", string: remote.module)
        members.add("class", string: remote.className)
        if showsText {
            members.add("message", string: remote.message)
            members.add("args", remote.arguments.bytes)
            members.add("kwargs", remote.keywordArguments.bytes)
        }
        if showsTraceback { members.add("traceback", strings: remote.traceback) }
        return members.text()
    }
}

/// Writes the members of a JSON object one after the other, copying each text only once: one may be megabytes long.
private struct MemberWriter {
    private var bytes: [UInt8] = []

    mutating func add(_ name: StaticString, string text: String?) {
        add(name, (text.map { JSONText(string: $0) } ?? .null).bytes)
    }

    mutating func add(_ name: StaticString, strings: [String]) {
        add(name, [0x5b])
        for (index, text) in strings.enumerated() {
            if index > 0 { bytes.append(0x2c) }
            bytes.append(contentsOf: JSONText(string: text).bytes)
        }
        bytes.append(0x5d)
    }

    /// Adds a member whose value is JSON.
    mutating func add(_ name: StaticString, _ value: some Sequence<UInt8>) {
        bytes.append(bytes.isEmpty ? 0x7b : 0x2c)
        bytes.append(contentsOf: "\"\(name)\":".utf8)
        bytes.append(contentsOf: value)
    }

    /// The whole object.
    consuming func text() -> [UInt8] {
        bytes.append(0x7d)
        return bytes
    }
}
