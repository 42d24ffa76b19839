// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// A request line, `method SP request-target SP HTTP-version CR LF` and nothing else (RFC 9112, section 3).
///
/// The parts lie in the buffer that was read, and are valid as long as it is.
struct RequestLine {
    let method: UnsafeRawBufferPointer
    let target: UnsafeRawBufferPointer
    /// Whether the request is of HTTP/1.0; one of a later minor version than 1.1 is read as 1.1.
    let isHTTP10: Bool

    private static let versionBytes = 8

    /// - Parameter line: the line with its line end.
    init(_ line: UnsafeRawBufferPointer) throws(HTTPFailure) {
        let end = line.count - 2
        guard end > 0, line[end] == UInt8(ascii: "\r"), line[end + 1] == UInt8(ascii: "\n") else {
            throw HTTPFailure(.malformedRequestLine)
        }
        guard let methodEnd = Self.space(in: line, from: 0, to: end) else { throw Self.withoutSpace(line, end) }
        method = UnsafeRawBufferPointer(rebasing: line[..<methodEnd])
        guard methodEnd <= HeadLimits.methodBytes else { throw HTTPFailure(.methodTooLong) }
        guard let targetEnd = Self.space(in: line, from: methodEnd + 1, to: end), targetEnd > methodEnd + 1 else {
            throw HTTPFailure(.malformedRequestLine)
        }
        target = UnsafeRawBufferPointer(rebasing: line[(methodEnd + 1)..<targetEnd])
        isHTTP10 = try Self.isHTTP10(UnsafeRawBufferPointer(rebasing: line[(targetEnd + 1)..<end]))
        guard methodEnd > 0 else { throw HTTPFailure(.malformedRequestLine) }
        guard Token.isToken(method) else { throw HTTPFailure(.malformedMethod) }
    }

    /// The method as a string, for which the usual methods cost no allocation.
    var methodName: String {
        if Token.isSame(method, "POST") { return "POST" }
        if Token.isSame(method, "GET") { return "GET" }
        return String(decoding: method, as: UTF8.self)
    }

    /// Whether the answer goes without its body.
    var isHead: Bool { Token.isSame(method, "HEAD") }

    private static func space(in line: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        guard let base = line.baseAddress, start < end else { return nil }
        let found = memchr(base + start, Int32(UInt8(ascii: " ")), end - start)
        return found.map { base.distance(to: UnsafeRawPointer($0)) }
    }

    private static func withoutSpace(_ line: UnsafeRawBufferPointer, _ end: Int) -> HTTPFailure {
        let isToken = Token.isToken(UnsafeRawBufferPointer(rebasing: line[..<end]))
        return HTTPFailure(isToken && end > HeadLimits.methodBytes ? .methodTooLong : .malformedRequestLine)
    }

    private static func isHTTP10(_ version: UnsafeRawBufferPointer) throws(HTTPFailure) -> Bool {
        if Token.isSame(version, "HTTP/1.1") { return false }
        guard version.count == versionBytes, version.prefix(5).elementsEqual("HTTP/".utf8),
            isDigit(version[5]), version[6] == UInt8(ascii: "."), isDigit(version[7])
        else { throw HTTPFailure(.malformedRequestLine) }
        guard version[5] == UInt8(ascii: "1") else { throw HTTPFailure(.unsupportedVersion) }
        return version[7] == UInt8(ascii: "0")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }
}
