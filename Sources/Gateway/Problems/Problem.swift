// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Why a request is not answered with a result: the content of an `application/problem+json` document (RFC 9457).
struct Problem: Error, Sendable {
    /// Who found the failure.
    enum Origin: String, Sendable {
        case gateway
        case broker
        case remote
    }

    var status: Int
    /// The stable name that programs switch on, also the end of the `type`.
    var code: String
    var detail: String
    var origin = Origin.gateway
    var execution = MessagingError.Execution.no
    /// Whether the same request may succeed later although nothing changed in it.
    var isRetryable = false
    var stage: MessagingError.Stage?
    var remote: RemoteError?
    /// Whether the remote exception's texts may leave the gateway.
    var showsRemoteText = true
    var messageID: UniqueID?
    /// Fields of the answer that belong to the status, such as `Allow`.
    var fields: [(name: String, value: String)] = []
    var closesConnection = false

    init(_ status: Int, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    /// What the status or code means in general; the same for every occurrence.
    var title: String { ProblemTitle.title(code: code, status: status) }

    /// All fields that the answer needs besides those of every answer.
    var allFields: [(name: String, value: String)] {
        guard status == 429 || status == 503 else { return fields }
        return fields + [("Retry-After", "1")]
    }
}

extension Problem {
    static func invalidRequest(_ detail: String) -> Problem { Problem(400, "invalid-request", detail) }

    static func invalidTarget(_ detail: String) -> Problem { Problem(400, "invalid-target", detail) }

    static func invalidArguments(_ error: JSONError) -> Problem {
        Problem(400, "invalid-arguments-json", "body: \(error)")
    }

    static func notFound(_ detail: String) -> Problem { http(404, detail) }

    /// A status that HTTP itself explains.
    static func http(_ status: Int, _ detail: String) -> Problem { Problem(status, "http-\(status)", detail) }

    /// What the driver of this transport cannot do.
    static func unsupported(_ what: String) -> Problem { http(501, "This transport \(what)") }

    static func methodNotAllowed(_ method: String, allow: String) -> Problem {
        var problem = http(405, "The method \(method) is not allowed here; \(allow) are")
        problem.fields = [("Allow", allow)]
        return problem
    }

    static func privateMethod(_ method: String) -> Problem {
        Problem(403, "private-method", "The method \"\(method)\" is private: it begins with \"_\"")
    }

    static func forbidden(_ detail: String) -> Problem { Problem(403, "forbidden", detail) }

    static let draining: Problem = {
        var problem = Problem(503, "draining", "The gateway is shutting down; ask another instance")
        problem.isRetryable = true
        problem.closesConnection = true
        return problem
    }()

    static func overloaded(limit: Int) -> Problem {
        var problem = Problem(
            503,
            "overloaded",
            "\(limit) requests are under way, which is the limit (rpc.maxInFlight)"
        )
        problem.isRetryable = true
        return problem
    }
}
