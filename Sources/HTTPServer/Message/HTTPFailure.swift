// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A request that the HTTP layer itself turns down.
public struct HTTPFailure: Error, Sendable, Hashable {
    /// What was wrong; the raw value names the defect and the fix and holds nothing the client sent.
    public enum Reason: String, Sendable, CaseIterable {
        case malformedRequestLine = "the request line is malformed: send METHOD, one space, target, one space, HTTP/1.1"
        case malformedMethod = "the method is not a token: use letters, such as POST"
        case methodTooLong = "the method is longer than any this server knows: send one such as POST"
        case malformedTarget = "the request target is malformed: percent-encode what a URI cannot hold, as spaces and é"
        case malformedLine = "a header line is malformed: end each with CR LF, without folding or NUL bytes"
        case malformedFieldName = "a header field name is not a token: leave no space before the colon"
        case malformedFieldValue = "a header field value holds a control character: remove it"
        case missingHost = "the Host field is missing: HTTP/1.1 requires exactly one"
        case malformedHost = "there is more than one Host field, or it is not a host: send exactly one host[:port]"
        case misdirected = "the server does not answer for this host: use a name or address that it is known by"
        case conflictingLength = "Content-Length stands beside Transfer-Encoding: send one of them"
        case repeatedLength = "there is more than one Content-Length or Transfer-Encoding: send one"
        case malformedLength = "Content-Length is not a decimal number: send the number of bytes of the body"
        case transferEncodingInOldVersion = "HTTP/1.0 has no Transfer-Encoding: use HTTP/1.1 or Content-Length"
        case malformedChunk = "the chunked coding is malformed: send size in hexadecimal, CR LF, data, CR LF"
        case chunkedNotLast = "chunked is not the last transfer coding: send Transfer-Encoding: chunked"
        case requestTimeout = "the request did not arrive in time: send it faster"
        case bodyTooLarge = "the body is larger than the server allows: send a smaller one"
        case targetTooLong = "the request line is longer than the server allows: shorten the target"
        case unsupportedExpectation = "the expectation is not known: send Expect: 100-continue or none"
        case headTooLarge = "the head is larger than the server allows: send fewer or shorter fields"
        case internalError = "the server failed on this request"
        case unsupportedTransferEncoding = "the transfer coding is not supported: send Transfer-Encoding: chunked"
        case connectNotSupported = "CONNECT is not supported: this server is not a proxy"
        case tooManyConnections = "the server has as many connections as it allows: try again later"
        case tooManyConnectionsFromAddress = "this address has as many connections as the server allows: reuse them"
        case tooManyBodies = "too many request bodies are arriving: try again later"
        case shuttingDown = "the server is shutting down: try again later"
        case abandoned = "the server shut down before the request was answered: what became of it is not known"
        case plainText = "the server speaks TLS here: use https"
        case certificateRefused = "the client certificate is not valid here any more: connect with another"
        case unsupportedVersion = "the HTTP version is not supported: use HTTP/1.1"
    }

    /// The status code that belongs to the reason.
    public var status: Int
    /// What was wrong, and the fix.
    public var reason: Reason
    /// The request's one field `Origin`; nil where it has none, or none that was read before the failure.
    public var origin: [UInt8]?

    /// A failure with the status code of its reason.
    public init(_ reason: Reason, origin: [UInt8]? = nil) {
        self.status = reason.status
        self.reason = reason
        self.origin = origin
    }

    /// No origin of a page is longer: a scheme, 253 bytes of a name, and a port.
    static let longestOrigin = 267
}

extension HTTPFailure.Reason {
    var status: Int {
        switch self {
        case .certificateRefused: 403
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedExpectation: 417
        case .misdirected: 421
        case .headTooLarge: 431
        case .internalError: 500
        case .unsupportedTransferEncoding, .connectNotSupported, .methodTooLong: 501
        case .tooManyConnections, .tooManyConnectionsFromAddress, .tooManyBodies, .shuttingDown, .abandoned: 503
        case .unsupportedVersion: 505
        default: 400
        }
    }
}
