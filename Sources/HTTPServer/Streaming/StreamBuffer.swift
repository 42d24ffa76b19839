// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a stream still has to send, and how far it has come; free of threads and sockets.
struct StreamBuffer {
    enum Phase: Equatable {
        /// The application may write.
        case open
        /// What is there is sent, then the stream ends.
        case finishing
        /// Nothing more is sent.
        case closed
    }

    /// What the connection is to do next.
    enum Step: Equatable {
        /// So many bytes were copied out.
        case bytes(Int)
        /// Nothing is there now: the connection waits, and is woken by the next write.
        case wait
        /// All was sent.
        case end
        /// The stream is broken off.
        case cut
    }

    let limit: Int
    private(set) var phase = Phase.open
    private(set) var byteCount = 0
    private var segments: [ArraySlice<UInt8>] = []
    private var first = 0
    /// Whether the connection waits to be woken.
    private var isParked = false

    init(limit: Int) { self.limit = limit }

    /// Takes bytes; false, with nothing taken, when they do not fit or the stream has ended. An empty buffer takes any
    /// number of them.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard phase == .open, byteCount == 0 || bytes.count <= limit - byteCount else { return false }
        put(bytes)
        return true
    }

    /// Takes the last bytes, which always fit; nothing is taken after them. False when the stream has ended already.
    mutating func finish(_ last: ArraySlice<UInt8>) -> Bool {
        guard phase == .open else { return false }
        put(last)
        phase = .finishing
        return true
    }

    /// Breaks off the stream and drops what was not sent.
    mutating func close() {
        phase = .closed
        segments = []
        first = 0
        byteCount = 0
    }

    /// Whether the connection has to be woken now; it then counts as awake.
    mutating func unpark() -> Bool {
        defer { isParked = false }
        return isParked
    }

    /// Moves bytes to the connection, in the order they came.
    mutating func fill(_ space: UnsafeMutableRawBufferPointer) -> Step {
        guard phase != .closed else { return .cut }
        var filled = 0
        while first < segments.count, filled < space.count {
            let part = segments[first].prefix(space.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: space[filled...]).copyBytes(from: part)
            filled += part.count
            dropFirst(part.count)
        }
        byteCount -= filled
        if filled > 0 { return .bytes(filled) }
        isParked = phase == .open
        return isParked ? .wait : .end
    }

    private mutating func put(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        segments.append(bytes)
        byteCount += bytes.count
    }

    private mutating func dropFirst(_ count: Int) {
        segments[first] = segments[first].dropFirst(count)
        guard segments[first].isEmpty else { return }
        segments[first] = []
        first += 1
        guard first == segments.count || first >= 64 && first * 2 >= segments.count else { return }
        segments.removeFirst(first)
        first = 0
    }
}
