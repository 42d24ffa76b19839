// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The body of an answer that is written bit by bit, for as long as the application likes.
///
/// What is written is sent at once when the client takes it, and waits in a bounded buffer when it does not. All members
/// may be used from any thread; none blocks.
public final class ResponseStream: Sendable {
    /// How a stream ended.
    public enum End: Sendable, Hashable {
        /// All was sent after `finish`.
        case finished
        /// The client went away, ended its side of the connection, or took nothing for too long.
        case clientGone
        /// The server shuts down; what had been written was sent if the client took it in time.
        case shuttingDown
        /// The request had an answer already, so nothing of the stream was sent.
        case refused
    }

    private struct State {
        var buffer: StreamBuffer
        var isShutDown = false
        var onEnd: (@Sendable (End) -> Void)?
    }

    private let pending: PendingRequest
    private let state: Guarded<State>

    init(pending: PendingRequest, bufferLimit: Int, onEnd: @escaping @Sendable (End) -> Void) {
        self.pending = pending
        state = Guarded(State(buffer: StreamBuffer(limit: bufferLimit), onEnd: onEnd))
    }

    /// Sends bytes, all or none.
    ///
    /// The slice is kept until it has been sent, so one array may be written to many streams without copies of it.
    ///
    /// - Returns: false when they do not fit into what is left of the buffer, or when the stream has ended. When nothing
    ///   waits, any number of bytes fits.
    public func write(_ bytes: ArraySlice<UInt8>) -> Bool {
        let (isTaken, wakes) = state.withLock { state in
            let isTaken = state.buffer.append(bytes)
            return (isTaken, isTaken && state.buffer.unpark())
        }
        if wakes { pending.wake() }
        return isTaken
    }

    /// Sends bytes, all or none; see the same function for a slice.
    public func write(_ bytes: [UInt8]) -> Bool { write(bytes[...]) }

    /// Ends the stream after what was written and these last bytes, which are taken even if the buffer is full.
    ///
    /// A client that does not take them within the server's `streamStallTimeout` is cut off. Has no effect on a stream that
    /// has ended.
    public func finish(_ last: ArraySlice<UInt8> = []) {
        let wakes = state.withLock { state in state.buffer.finish(last) && state.buffer.unpark() }
        if wakes { pending.wake() }
    }

    /// Whether the stream takes bytes, if they fit.
    public var isOpen: Bool { state.withLock { $0.buffer.phase == .open } }

    /// How many bytes have been written and not yet handed to the operating system.
    public var bufferedBytes: Int { state.withLock { $0.buffer.byteCount } }

    // MARK: The loop's side

    /// Whether the application, or the server's shutdown, has ended the stream.
    var isFinishing: Bool { state.withLock { $0.buffer.phase != .open } }

    /// Copies what is there; after `wait` the connection is resumed by the next write.
    func fill(_ space: UnsafeMutableRawBufferPointer) -> StreamBuffer.Step {
        state.withLock { $0.buffer.fill(space) }
    }

    /// Ends the stream after what was written, because the server shuts down.
    func shutDown() {
        let wakes = state.withLock { state in
            guard state.buffer.finish([]) else { return false }
            state.isShutDown = true
            return state.buffer.unpark()
        }
        if wakes { pending.wake() }
    }

    /// Breaks off the stream; its connection is resumed to see that.
    func cut() {
        let wakes = state.withLock { state in
            state.buffer.close()
            return state.buffer.unpark()
        }
        if wakes { pending.wake() }
    }

    /// Tells the application, once, that nothing more is sent.
    func end(_ reason: End) {
        let (onEnd, isShutDown) = state.withLock { state in
            defer { state.onEnd = nil }
            state.buffer.close()
            return (state.onEnd, state.isShutDown)
        }
        onEnd?(isShutDown ? .shuttingDown : reason)
    }
}
