// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// Finds the end of a head, looking at each byte once, in whatever pieces the bytes come.
struct HeadSearch {
    private static let (carriageReturn, lineFeed) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))

    /// The length of the request line with its line end, in bytes; 0 before that has come.
    private(set) var requestLineBytes = 0
    private var lineStart = 0
    private var position = 0

    /// The number of bytes from the start of the request line to the end of the blank line; nil while that has not
    /// come.
    ///
    /// A blank line that ends in a bare LF ends a head too, so that nobody waits for more of a head that will be refused.
    ///
    /// - Parameter bytes: all bytes of the head that came so far, those of earlier calls included.
    mutating func end(in bytes: UnsafeRawBufferPointer) -> Int? {
        while position < bytes.count, let start = bytes.baseAddress {
            guard let found = memchr(start + position, Int32(Self.lineFeed), bytes.count - position) else { break }
            let lineEnd = start.distance(to: UnsafeRawPointer(found)) + 1
            let count = lineEnd - lineStart
            let isBlank = count == 1 || count == 2 && bytes[lineStart] == Self.carriageReturn
            if requestLineBytes == 0 { requestLineBytes = lineEnd }
            (lineStart, position) = (lineEnd, lineEnd)
            if isBlank { return lineEnd }
        }
        position = bytes.count
        return nil
    }
}

/// What a request may take up before its body.
struct HeadLimits {
    /// The most bytes of a head with its blank line.
    let headBytes: Int
    /// The most bytes of a request line with its line end.
    let requestLineBytes: Int
    /// The most field lines.
    static let fields = 256
    /// Longer than any method there is.
    static let methodBytes = 64

    init(headBytes: Int) {
        self.headBytes = headBytes
        requestLineBytes = headBytes / 2
    }

    /// Turns down a head that cannot become a good one, whatever follows.
    ///
    /// - Parameters:
    ///   - bytes: what has come of it.
    ///   - requestLineBytes: how many of them are its request line; 0 before that has come.
    func check(_ bytes: UnsafeRawBufferPointer, requestLineBytes: Int) throws(HTTPFailure) {
        if requestLineBytes == 0 { try checkBeginning(bytes) }
        guard max(requestLineBytes, requestLineBytes == 0 ? bytes.count : 0) <= self.requestLineBytes else {
            throw HTTPFailure(.targetTooLong)
        }
        guard bytes.count <= headBytes else { throw HTTPFailure(.headTooLarge) }
    }

    /// A beginning without a line end: bytes of another protocol need not be waited for.
    private func checkBeginning(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) {
        let method = bytes.prefix { Token.isCharacter($0) }
        guard method.count <= Self.methodBytes else { throw HTTPFailure(.methodTooLong) }
        guard method.count == bytes.count || !method.isEmpty && bytes[method.count] == UInt8(ascii: " ") else {
            throw HTTPFailure(method.isEmpty ? .malformedRequestLine : .malformedMethod)
        }
    }
}
