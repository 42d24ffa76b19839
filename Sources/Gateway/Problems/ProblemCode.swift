// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The stable names of problems, which programs switch on: the `code` of a problem document and the end of its `type`.
enum ProblemCode: String, CaseIterable, Sendable {
    case invalidRequest = "invalid-request"
    case invalidArgumentsJSON = "invalid-arguments-json"
    case invalidTarget = "invalid-target"
    case invalidArguments = "invalid-arguments"
    case versionCapExceeded = "version-cap-exceeded"
    case unauthenticated
    case privateMethod = "private-method"
    case forbidden
    case noSuchMethod = "no-such-method"
    case unsupportedVersion = "unsupported-version"
    case remoteException = "remote-exception"
    case undeliverable
    case noConsumers = "no-consumers"
    case timeout = "messaging-timeout"
    case callMonitorTimeout = "call-monitor-timeout"
    case brokerUnavailable = "broker-unavailable"
    case deliveryUnknown = "delivery-unknown"
    case brokerRejected = "broker-rejected"
    case brokerBlocked = "broker-blocked"
    case brokerConfiguration = "broker-configuration"
    case messageTooLarge = "message-too-large"
    case badReply = "bad-reply"
    case operationGone = "operation-gone"
    case answerGone = "answer-gone"
    case keyInUse = "idempotency-key-in-use"
    case keyReused = "idempotency-key-reused"
    case rateLimited = "rate-limited"
    case overloaded
    case clientGone = "client-gone"
    case slowListener = "slow-listener"
    case draining
    case notReady = "not-ready"
    case unhealthy
    case `internal`
    case notFound = "http-404"
    case methodNotAllowed = "http-405"
    case requestTimeout = "http-408"
    case contentTooLarge = "http-413"
    case uriTooLong = "http-414"
    case unsupportedMediaType = "http-415"
    case expectationFailed = "http-417"
    case misdirected = "http-421"
    case headTooLarge = "http-431"
    case notImplemented = "http-501"
    case versionNotSupported = "http-505"

    /// What holds for every occurrence of a code.
    struct Facts: Sendable {
        /// The status; a server's exception can have another.
        var status: Int
        /// Who found the failure.
        var origin: Problem.Origin
        /// Whether the cause may have gone by the next time.
        var mayPass: Bool
        /// The number of JSON-RPC's error object.
        var number: Int
        /// The exit code of a command of this program that fails in this way; 6 where the failure has none of its own.
        var exit: Int32
        /// One sentence, or the reason phrase of a status that HTTP itself explains.
        var title: String
    }

    /// The row of the code: status, origin, number, exit code, title.
    var facts: Facts {
        switch self {
        case .invalidRequest: row(400, .gateway, -32017, exit: 2, "The request is malformed")
        case .invalidArgumentsJSON: row(400, .gateway, -32602, "The arguments are not a JSON object")
        case .invalidTarget: row(400, .gateway, -32013, exit: 2, "The target cannot be sent to")
        case .invalidArguments: row(400, .remote, -32602, "The arguments do not fit the method")
        case .versionCapExceeded: row(400, .gateway, -32014, exit: 2, "The version exceeds the configured cap")
        case .unauthenticated: row(401, .gateway, -32020, "The request does not prove who it is from")
        case .privateMethod: row(403, .gateway, -32601, "The method is private")
        case .forbidden: row(403, .gateway, -32015, "The request is not allowed")
        case .noSuchMethod: row(404, .remote, -32601, "The server has no such method")
        case .unsupportedVersion: row(404, .remote, -32601, "The server does not support the version or namespace")
        case .remoteException: row(500, .remote, -32000, exit: 1, "The server raised an exception")
        case .undeliverable: passing(503, .broker, -32001, exit: 4, "No server listens on the target")
        case .noConsumers: passing(503, .broker, -32002, exit: 4, "The target's queue has no consumers")
        case .timeout: passing(504, .gateway, -32003, exit: 3, "No reply came in time")
        case .callMonitorTimeout: row(504, .gateway, -32004, exit: 3, "The server stopped sending heartbeats")
        case .brokerUnavailable: passing(503, .broker, -32005, exit: 5, "The message broker cannot be reached")
        case .deliveryUnknown:
            row(503, .broker, -32006, "The connection was lost before the broker confirmed the message")
        case .brokerRejected: passing(503, .broker, -32007, "The message broker rejected the message")
        case .brokerBlocked: passing(503, .broker, -32008, exit: 5, "The message broker blocks publishers")
        // The operator has to mend the broker or the options: asking again does not help.
        case .brokerConfiguration: row(500, .broker, -32009, "The message broker refuses the login, exchange or queue")
        case .messageTooLarge: row(413, .broker, -32018, "The message broker takes no messages as large as this one")
        case .badReply: row(502, .remote, -32010, "The server's reply cannot be read")
        case .operationGone: row(410, .gateway, -32603, "The operation's answer is no longer kept")
        case .answerGone: row(410, .gateway, -32603, "The answer is no longer kept")
        case .keyInUse: row(409, .gateway, -32603, "The request with this key is being executed")
        case .keyReused: row(422, .gateway, -32603, "The key belongs to another request")
        case .rateLimited: passing(429, .gateway, -32021, "The client has used up what it may ask for")
        case .overloaded: passing(503, .gateway, -32011, "The gateway is at its limit")
        // No status of HTTP: nobody receives it; it is for the log and the metrics.
        case .clientGone: row(499, .gateway, -32019, "The client has closed the connection")
        case .slowListener: passing(503, .gateway, -32603, "The listener reads too slowly")
        case .draining: passing(503, .gateway, -32012, "The gateway is shutting down")
        case .notReady: passing(503, .gateway, -32603, "The gateway is not ready")
        case .unhealthy: row(503, .gateway, -32603, "The gateway is not healthy")
        case .internal: row(500, .gateway, -32603, "The gateway has a defect")
        case .notFound: row(404, .gateway, -32601, "Not Found")
        case .methodNotAllowed: row(405, .gateway, -32603, "Method Not Allowed")
        case .requestTimeout: row(408, .gateway, -32603, "Request Timeout")
        case .contentTooLarge: row(413, .gateway, -32603, "Content Too Large")
        case .uriTooLong: row(414, .gateway, -32603, "URI Too Long")
        case .unsupportedMediaType: row(415, .gateway, -32603, "Unsupported Media Type")
        case .expectationFailed: row(417, .gateway, -32603, "Expectation Failed")
        case .misdirected: row(421, .gateway, -32603, "Misdirected Request")
        case .headTooLarge: row(431, .gateway, -32603, "Request Header Fields Too Large")
        case .notImplemented: row(501, .gateway, -32016, "Not Implemented")
        case .versionNotSupported: row(505, .gateway, -32603, "HTTP Version Not Supported")
        }
    }

    private func row(
        _ status: Int,
        _ origin: Problem.Origin,
        _ number: Int,
        exit: Int32 = 6,
        _ title: String
    ) -> Facts {
        Facts(status: status, origin: origin, mayPass: false, number: number, exit: exit, title: title)
    }

    /// A row whose cause may have gone by the next time.
    private func passing(
        _ status: Int,
        _ origin: Problem.Origin,
        _ number: Int,
        exit: Int32 = 6,
        _ title: String
    ) -> Facts {
        var facts = row(status, origin, number, exit: exit, title)
        facts.mayPass = true
        return facts
    }
}
