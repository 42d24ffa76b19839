// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

extension Problem {
    /// A request that the HTTP layer itself turned down; its connection is closed.
    init(_ failure: HTTPFailure) {
        self.init(ProblemCode(failure.reason), failure.reason.rawValue)
        switch failure.reason {
        case .shuttingDown: self = .draining
        case .abandoned, .internalError: execution = .maybe
        default: break
        }
        closesConnection = true
    }
}

extension ProblemCode {
    /// The problem's code for a reason to turn a request down.
    init(_ reason: HTTPFailure.Reason) {
        self =
            switch reason {
            case .malformedRequestLine, .malformedMethod, .malformedTarget, .malformedLine,
                .malformedFieldName, .malformedFieldValue, .missingHost, .malformedHost, .conflictingLength,
                .repeatedLength, .malformedLength, .chunkedNotLast, .transferEncodingInOldVersion, .malformedChunk,
                .plainText:
                .invalidRequest
            case .certificateRefused: .forbidden
            case .misdirected: .misdirected
            case .requestTimeout: .requestTimeout
            case .bodyTooLarge: .contentTooLarge
            case .targetTooLong: .uriTooLong
            case .unsupportedExpectation: .expectationFailed
            case .headTooLarge: .headTooLarge
            case .internalError: .internal
            case .unsupportedTransferEncoding, .connectNotSupported, .methodTooLong: .notImplemented
            case .tooManyConnections, .tooManyConnectionsFromAddress, .tooManyBodies: .overloaded
            case .shuttingDown, .abandoned: .draining
            case .unsupportedVersion: .versionNotSupported
            }
    }
}
