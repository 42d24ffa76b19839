// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

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
    /// After how many seconds another try may do better, if there was an overload.
    var retryAfter = 1

    /// A problem with the status and origin that belong to its code.
    init(_ code: ProblemCode, _ detail: String) {
        let facts = code.facts
        status = facts.status
        self.code = code
        self.detail = detail
        origin = facts.origin
    }

    /// Whether the same request, unchanged, may succeed later.
    var isRetryable: Bool { execution == .no && code.facts.mayPass }

    /// What the code means in general; the same for every occurrence.
    var title: String { code.facts.title }

    /// All fields that the answer has besides those of every answer.
    var allFields: [(name: String, value: String)] {
        guard status == 429 || status == 503 else { return fields }
        return fields + [("Retry-After", "\(retryAfter)")]
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

    /// Whether a method other than GET is refused where GET is taken.
    var allowsGet: Bool {
        code == .methodNotAllowed && fields.contains { $0.name == "Allow" && $0.value.utf8.starts(with: "GET".utf8) }
    }

    static func privateMethod(_ method: String) -> Problem {
        Problem(.privateMethod, "The method \"\(method)\" is private: it begins with \"_\"")
    }

    /// The answer to a request, which said whether it was executed, is no longer kept; it is not executed again.
    static func gone(_ answer: KeptAnswer, _ executed: MessagingError.Execution) -> Problem {
        var problem = Problem(answer.code, answer.loss)
        problem.execution = executed
        return problem
    }

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, detail) }

    static let draining: Problem = {
        var problem = Problem(.draining, "The gateway is shutting down; ask another instance")
        problem.closesConnection = true
        return problem
    }()

    /// There are already as many of something as there may be.
    static func overloaded(_ limit: GatewayLimit) -> Problem { Problem(.overloaded, limit.text) }

    /// The same, where it is known when one of them goes.
    static func overloaded(_ limit: GatewayLimit, until moment: Moment?, now: Moment) -> Problem {
        var problem = overloaded(limit)
        let left = moment.map { now.duration(to: $0) } ?? .zero
        problem.retryAfter = max(1, Int(clamping: (left.wholeNanoseconds + 999_999_999) / 1_000_000_000))
        return problem
    }
}

/// An answer that is kept for whoever asks for it later.
enum KeptAnswer: Sendable {
    case ofOperation
    case underKey

    /// The code of its loss.
    var code: ProblemCode {
        switch self {
        case .ofOperation: .operationGone
        case .underKey: .answerGone
        }
    }

    /// Its loss, for people.
    var loss: String {
        switch self {
        case .ofOperation:
            "The answer of this operation is no longer kept: it has expired, had to make room, or was deleted"
        case .underKey:
            "The request with this key was answered before, and its answer is no longer kept (idempotency.maxBytes)"
        }
    }
}

/// A limit that a request has run into, with its value.
enum GatewayLimit: Sendable, Equatable {
    case requests(Int)
    case requestsToTarget(Int)
    /// Fewer than there may be, as the target answers too late.
    case requestsToSlowTarget(Int)
    /// Those of one principal or address, whose share of all is used up.
    case idempotencyKeys(held: Int, of: Int)
    /// Those of one principal or address, whose share of all is used up.
    case operations(held: Int, of: Int)
    case listeners(Int)
    /// Those that the descriptors of the process allow, where they are fewer than the settings do.
    case possibleListeners(Int)
    case subscriptions(Int)
    /// Those at the broker that clients' notifications have made.
    case notificationQueues(Int)
    /// Those that they make in a second.
    case newNotificationQueues(Int)
    case batchBytes(Int)
    /// Bodies that wait to be decoded.
    case codedBodies
    /// Tokens that wait to be proved.
    case tokens
    /// An issuer that cannot be asked for its keys now.
    case issuerKeys

    /// What there is too much of, and which setting is the limit.
    var text: String {
        switch self {
        case .requests(let limit): Self.text(limit, "requests are under way", "rpc.maxInFlight")
        case .requestsToTarget(let limit):
            Self.text(limit, "requests to this target are under way", "rpc.maxInFlightPerTarget")
        case .requestsToSlowTarget(let count):
            "\(count) requests to this target are under way, and it answers too late for more"
        case .idempotencyKeys(let held, let limit):
            Self.share(held, "idempotency keys", limit, "idempotency.max, idempotency.timeToLiveMs")
        case .operations(let held, let limit):
            Self.share(held, "operations", limit, "operations.max, operations.timeToLiveMs")
        case .listeners(let limit):
            Self.text(limit, "listeners for notifications are there", "notifications.maxListeners")
        case .possibleListeners(let limit):
            Self.text(
                limit,
                "listeners for notifications are there",
                "half of http.maxConnections or of what open files allow"
            )
        case .subscriptions(let limit):
            Self.text(limit, "subscriptions to notifications are there", "an eighth of the limit of open files")
        case .notificationQueues(let limit):
            Self.text(limit, "topics with their priorities have been notified", "notifications.maxQueues")
        case .newNotificationQueues(let limit):
            "More than \(limit) new topics with their priorities in one second; each makes a queue at the broker"
        case .codedBodies: "Too many bodies with a Content-Encoding wait to be decoded; send it without, or later"
        case .issuerKeys: "The keys of the token's issuer are not known now; send the request again later"
        case .tokens: "Too many new tokens wait to be checked; send the request again later"
        case .batchBytes(let limit): "The answers of this batch exceed \(limit) bytes (jsonrpc.maxBytes)"
        }
    }

    private static func share(_ held: Int, _ what: String, _ limit: Int, _ settings: String) -> String {
        "\(held) \(what) of this client are kept, as many as the others leave it of \(limit) (\(settings))"
    }

    private static func text(_ limit: Int, _ what: String, _ setting: String) -> String {
        "\(limit) \(what), which is the limit (\(setting))"
    }
}
