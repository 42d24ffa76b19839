// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How long a request's body is, decided so that no two readers of the same bytes can disagree (RFC 9112, section 6).
///
/// A request with neither Content-Length nor Transfer-Encoding has an empty body, a POST too (section 6.3, case 7).
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

    /// Whether there is no body, or one of at most so many bytes.
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
        guard host.allSatisfy(isHostCharacter) else { throw HTTPFailure(.malformedHost) }
    }

    // One bit for each of 0...63 and of 64...127: space, tab and "#,/<>?@\\ and the quotation mark. A list of two hosts, a
    // path or user information here is a way to make two readers see different hosts.
    private static let foreignToHostLow: UInt64 = 0xD000_900D_0000_0200
    private static let foreignToHostHigh: UInt64 = 0x0000_0000_1000_0001

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        let mask = byte < 64 ? foreignToHostLow : byte < 128 ? foreignToHostHigh : 0
        return mask >> UInt64(byte & 63) & 1 == 0
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
        let range = summary.firstTransferEncoding
        guard Token.equals(UnsafeRawBufferPointer(rebasing: head[range]), "chunked") else {
            throw HTTPFailure(.unsupportedTransferEncoding)
        }
        // libmicrohttpd compares the value with any trailing whitespace, and then waits for the end of the connection.
        guard range.upperBound < head.count, head[range.upperBound] == 0 else {
            throw HTTPFailure(.unsupportedTransferEncoding)
        }
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
