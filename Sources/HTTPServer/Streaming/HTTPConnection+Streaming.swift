// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc
internal import Synchronization

extension HTTPConnection {
    /// Begins an answer whose body is written later.
    func begin(_ stream: ResponseStream, _ handle: OpaquePointer, status: Int) -> MHD_Result {
        stage = .streaming(stream)
        deadline = .max
        loop.counters.streams.add(1, ordering: .relaxed)
        setStallTimeout(milliseconds: Int32(clamping: loop.streamStallMilliseconds))
        _ = loop.peers.add(self)
        loop.watchPeers()
        if loop.isDraining { stream.shutDown() }
        return MHD_queue_response(library, UInt32(status), handle)
    }

    /// The library asks for more of the body.
    func fill(_ space: UnsafeMutableRawBufferPointer) -> Int {
        guard let stream = stage.stream, hasGoodCertificate else { return LibraryStream.endWithError }
        if stage.isSuspended { stage = .streaming(stream) }
        switch stream.fill(space) {
        case .bytes(let count): return count
        case .end: return LibraryStream.endOfStream
        case .cut: return LibraryStream.endWithError
        case .wait:
            // Nobody resumes it before this call has returned: only this thread does.
            MHD_suspend_connection(library)
            stage = .parked(stream)
            return 0
        }
    }

    /// Gives a stream that is at its end a deadline for what is still to be sent; called now and again.
    func limitLastBytes(of stream: ResponseStream) {
        if deadline == .max, stream.isFinishing { deadline = loop.now + loop.streamStallMilliseconds }
    }

    /// The client has closed the connection, or its sending side, while the body is being written.
    func streamPeerEnded() {
        guard let stream = stage.stream else { return }
        carryOut(.cut(stream))
    }

    /// Ends the body at the point it has reached.
    func shutDownStream() {
        if let stream = stage.stream { carryOut(.finish(stream)) }
    }

    /// The library has done with a streamed answer.
    func endStream(_ stream: ResponseStream, isSent: Bool) {
        loop.peers.remove(self)
        setStallTimeout(milliseconds: 0)
        loop.counters.streams.subtract(1, ordering: .relaxed)
        stream.end(isSent ? .finished : .clientGone)
    }

    /// Sets how long sent bytes may stay unacknowledged, so that a client that vanished without a word is noticed; 0
    /// for ever.
    private func setStallTimeout(milliseconds: Int32) {
        var value = milliseconds
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, size)
    }
}
