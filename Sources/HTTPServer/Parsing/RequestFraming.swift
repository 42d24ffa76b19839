// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How long a request's body is, decided so that no two readers of the same bytes can disagree (RFC 9112, section 6).
///
/// A request with neither Content-Length nor Transfer-Encoding has an empty body, even a POST (section 6.3, case 7).
enum RequestFraming: Equatable {
    case empty
    case length(Int)
    case chunked

    init(
        _ summary: HeadParser.Summary,
        head: UnsafeRawBufferPointer,
        isHTTP10: Bool,
        maximumBodyBytes: Int
    ) throws(HTTPFailure) {
        try Self.checkHost(summary, head: head, isHTTP10: isHTTP10)
        try Self.checkExpectation(summary, head: head, isHTTP10: isHTTP10)
        if summary.transferEncodings > 0 {
            try Self.checkTransferEncoding(summary, head: head, isHTTP10: isHTTP10)
            self = .chunked
            return
        }
        guard summary.contentLengths > 0 else {
            self = .empty
            return
        }
        guard summary.contentLengths == 1 else { throw HTTPFailure(.repeatedLength) }
        let length = try Self.decimal(UnsafeRawBufferPointer(rebasing: head[summary.firstContentLength]))
        guard length <= maximumBodyBytes else { throw HTTPFailure(.bodyTooLarge) }
        self = length == 0 ? .empty : .length(length)
    }

    /// Whether the body is known to have at most so many bytes, or there is none.
    func isShort(atMost limit: Int) -> Bool {
        switch self {
        case .empty: true
        case .length(let count): count <= limit
        case .chunked: false
        }
    }

    private static func checkHost(
        _ summary: HeadParser.Summary,
        head: UnsafeRawBufferPointer,
        isHTTP10: Bool
    ) throws(HTTPFailure) {
        guard summary.hosts > 0 || isHTTP10 else { throw HTTPFailure(.missingHost) }
        guard summary.hosts <= 1 else { throw HTTPFailure(.malformedHost) }
        let host = UnsafeRawBufferPointer(rebasing: head[summary.firstHost])
        guard HostField.isHost(host) else { throw HTTPFailure(.malformedHost) }
    }

    private static func checkExpectation(
        _ summary: HeadParser.Summary,
        head: UnsafeRawBufferPointer,
        isHTTP10: Bool
    ) throws(HTTPFailure) {
        guard summary.expectations > 0, !isHTTP10 else { return }
        let value = UnsafeRawBufferPointer(rebasing: head[summary.firstExpectation])
        guard summary.expectations == 1, Token.equals(value, "100-continue") else {
            throw HTTPFailure(.unsupportedExpectation)
        }
    }

    private static func checkTransferEncoding(
        _ summary: HeadParser.Summary,
        head: UnsafeRawBufferPointer,
        isHTTP10: Bool
    ) throws(HTTPFailure) {
        guard summary.contentLengths == 0 else { throw HTTPFailure(.conflictingLength) }
        guard summary.transferEncodings == 1 else { throw HTTPFailure(.repeatedLength) }
        guard !isHTTP10 else { throw HTTPFailure(.transferEncodingInOldVersion) }
        var codings = FieldList(UnsafeRawBufferPointer(rebasing: head[summary.firstTransferEncoding]))
        guard let first = codings.next() else { throw HTTPFailure(.unsupportedTransferEncoding) }
        let second = codings.next()
        if Token.equals(first, "chunked"), second == nil { return }
        // What is chunked and then coded once more has no length that a reader could know (RFC 9112, section 6.3).
        let isChunkedWithin = Token.equals(first, "chunked") && second.map { !Token.equals($0, "chunked") } == true
        throw HTTPFailure(isChunkedWithin ? .chunkedNotLast : .unsupportedTransferEncoding)
    }

    private static func decimal(_ digits: UnsafeRawBufferPointer) throws(HTTPFailure) -> Int {
        guard !digits.isEmpty else { throw HTTPFailure(.malformedLength) }
        for digit in digits where digit &- 0x30 > 9 { throw HTTPFailure(.malformedLength) }
        var value = 0
        for digit in digits {
            let (high, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = high.addingReportingOverflow(Int(digit &- 0x30))
            guard !overflow, !carry else { throw HTTPFailure(.bodyTooLarge) }
            value = sum
        }
        return value
    }
}
