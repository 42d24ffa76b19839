// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// An error object of JSON-RPC 2.0.
struct JSONRPCError: Sendable {
    /// The number that the specification, or the contract for -32000 to -32099, gives it.
    let code: Int
    let message: String
    /// The problem document.
    let data: String

    /// The error for a problem, whose document becomes the `data`.
    ///
    /// - Parameter code: the number where it is not the one of the problem's code.
    init(_ document: ProblemDocument, code: Int? = nil) {
        self.code = code ?? Self.code(document.problem.code)
        message = Self.standardMessages[self.code] ?? document.problem.title
        data = document.text
    }

    private static let standardMessages = [
        -32700: "Parse error", -32600: "Invalid Request", -32601: "Method not found", -32602: "Invalid params",
        -32603: "Internal error",
    ]

    /// The number of a problem's code; what is not in the table is an internal error.
    static func code(_ problem: String) -> Int { codes[problem] ?? -32603 }

    private static let codes = [
        "http-404": -32601, "private-method": -32601, "no-such-method": -32601, "unsupported-version": -32601,
        "invalid-arguments": -32602, "invalid-arguments-json": -32602,
        "remote-exception": -32000, "undeliverable": -32001, "no-consumers": -32002, "messaging-timeout": -32003,
        "call-monitor-timeout": -32004, "broker-unavailable": -32005, "delivery-unknown": -32006,
        "broker-rejected": -32007, "broker-blocked": -32008, "broker-configuration": -32009, "bad-reply": -32010,
        "overloaded": -32011, "draining": -32012, "invalid-target": -32013, "version-cap-exceeded": -32014,
        "forbidden": -32015, "http-501": -32016, "invalid-request": -32017, "message-too-large": -32018,
    ]
}
