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
    var code: ProblemCode
    var detail: String
    var origin: Origin
    var execution = MessagingError.Execution.no
    var stage: MessagingError.Stage?
    var remote: RemoteError?
    /// Whether the remote exception's texts may leave the gateway.
    var showsRemoteText = true
    var messageID: UniqueID?
    /// Fields of the answer that belong to the status, such as `Allow`.
    var fields: [(name: String, value: String)] = []
    var closesConnection = false

    /// A problem with the status and origin that belong to its code.
    init(_ code: ProblemCode, _ detail: String) {
        let facts = code.facts
        status = facts.status
        self.code = code
        self.detail = detail
        origin = facts.origin
    }

    /// Whether the same request may succeed later although nothing changed in it.
    var isRetryable: Bool { execution == .no && code.facts.mayPass }

    /// What the code means in general; the same for every occurrence.
    var title: String { code.facts.title }

    /// All fields that the answer needs besides those of every answer.
    var allFields: [(name: String, value: String)] {
        guard status == 429 || status == 503 else { return fields }
        return fields + [("Retry-After", "1")]
    }
}

extension Problem {
    static func invalidRequest(_ detail: String) -> Problem { Problem(.invalidRequest, detail) }

    static func invalidTarget(_ detail: String) -> Problem { Problem(.invalidTarget, detail) }

    static func invalidArguments(_ error: JSONError) -> Problem { Problem(.invalidArgumentsJSON, "body: \(error)") }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, detail) }

    /// What the driver of this transport cannot do.
    static func unsupported(_ what: String) -> Problem { Problem(.notImplemented, "This transport \(what)") }

    static func methodNotAllowed(_ method: String, allow: String) -> Problem {
        var problem = Problem(.methodNotAllowed, "The method \(method) is not allowed here; \(allow) are")
        problem.fields = [("Allow", allow)]
        return problem
    }

    static func privateMethod(_ method: String) -> Problem {
        Problem(.privateMethod, "The method \"\(method)\" is private: it begins with \"_\"")
    }

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, detail) }

    static let draining: Problem = {
        var problem = Problem(.draining, "The gateway is shutting down; ask another instance")
        problem.closesConnection = true
        return problem
    }()

    /// As many of something as there may be are there; `what` says of what.
    static func overloaded(_ limit: Int, _ what: String, setting: String) -> Problem {
        Problem(.overloaded, "\(limit) \(what), which is the limit (\(setting))")
    }
}
