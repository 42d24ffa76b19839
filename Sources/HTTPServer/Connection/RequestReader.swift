// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How far the reading of a connection's next request has come.
struct RequestReader {
    /// The part of a body that is still to come.
    enum Body {
        case bytes(Int)
        case chunks(ChunkedBody)

        init(_ framing: RequestFraming, trailerBytes: Int) {
            switch framing {
            case .empty: self = .bytes(0)
            case .length(let count): self = .bytes(count)
            case .chunked: self = .chunks(ChunkedBody(trailerBytes: trailerBytes))
            }
        }

        /// Whether nothing is missing.
        var isComplete: Bool {
            switch self {
            case .bytes(let count): count == 0
            case .chunks(let chunks): chunks.hasEnded
            }
        }

        /// Reads on; returns how many of the bytes belong to the body.
        mutating func read(
            _ bytes: UnsafeRawBufferPointer,
            _ take: (UnsafeRawBufferPointer) throws(HTTPFailure) -> Void
        ) throws(HTTPFailure) -> Int {
            switch self {
            case .bytes(let left):
                let count = min(left, bytes.count)
                try take(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                self = .bytes(left - count)
                return count
            case .chunks(var chunks):
                defer { self = .chunks(chunks) }
                return try chunks.read(bytes, take)
            }
        }
    }

    /// Bytes that have been read but not understood yet: the beginning of a head, or what came behind a request.
    var unread: [UInt8] = []
    /// How far the beginning of a head has been looked through.
    var search = HeadSearch()
    var body = Body.bytes(0)
    /// Whether the last read may have left something in the socket.
    var mayHaveMore = false

    /// Whether there is something to go on with that no event will report.
    var hasMore: Bool { mayHaveMore || !unread.isEmpty }
}
