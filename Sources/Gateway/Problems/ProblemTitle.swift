// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The titles of problem documents: one sentence a code, or the reason phrase of a status.
enum ProblemTitle {
    static func title(code: String, status: Int) -> String { byCode[code] ?? byStatus[status] ?? "The request failed" }

    private static let byCode = [
        "invalid-request": "The request is malformed",
        "invalid-arguments-json": "The arguments are not a JSON object",
        "invalid-target": "The target cannot be sent to",
        "invalid-arguments": "The arguments do not fit the method",
        "version-cap-exceeded": "The version exceeds the configured cap",
        "private-method": "The method is private",
        "forbidden": "The request is not allowed",
        "undeliverable": "No server listens on the target",
        "no-consumers": "The target's queue has no consumers",
        "messaging-timeout": "No reply came in time",
        "call-monitor-timeout": "The server stopped sending heartbeats",
        "broker-unavailable": "The message broker cannot be reached",
        "delivery-unknown": "The connection was lost before the broker confirmed the message",
        "broker-rejected": "The message broker rejected the message",
        "broker-blocked": "The message broker blocks publishers",
        "broker-configuration": "The message broker refuses the exchange or queue",
        "message-too-large": "The message broker takes no messages as large",
        "bad-reply": "The server's reply cannot be read",
        "no-such-method": "The server has no such method",
        "unsupported-version": "The server does not support the version or namespace",
        "remote-exception": "The server raised an exception",
        "operation-gone": "The operation's answer is no longer kept",
        "answer-gone": "The answer is no longer kept",
        "idempotency-key-in-use": "The request with this key is being executed",
        "idempotency-key-reused": "The key belongs to another request",
        "overloaded": "The gateway is at its limit",
        "slow-listener": "The listener reads too slowly",
        "draining": "The gateway is shutting down",
        "not-ready": "The gateway is not ready",
        "unhealthy": "The gateway is not healthy",
        "internal": "The gateway has a defect",
    ]

    private static let byStatus = [
        400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required",
        413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
        417: "Expectation Failed", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
    ]
}
