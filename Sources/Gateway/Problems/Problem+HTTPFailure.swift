// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

extension Problem {
    /// A request that the HTTP layer itself turned down; its connection is closed.
    init(_ failure: HTTPFailure) {
        switch failure.status {
        case 400: self = .invalidRequest(failure.reason.rawValue)
        case 503 where failure.reason == .shuttingDown: self = .draining
        case 503 where failure.reason == .abandoned:
            self = .draining
            detail = failure.reason.rawValue
            execution = .maybe
            isRetryable = false
        case 503:
            self.init(503, "overloaded", failure.reason.rawValue)
            isRetryable = true
        case 500:
            self.init(500, "internal", failure.reason.rawValue)
            execution = .maybe
        case let status: self = .http(status, failure.reason.rawValue)
        }
        closesConnection = true
    }
}
