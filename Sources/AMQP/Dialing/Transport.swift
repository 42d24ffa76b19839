// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Glibc

/// rabbitmq-c's connection object: opens the socket, reads frames, and, under TLS, writes them.
///
/// amqp.h: a connection state, its socket and its channels must not be shared between threads. Only the owner thread
/// has this object. The library's own heartbeats stay off (`tune`): it would put them between the bytes of a frame
/// that is half written, and wait for the socket without a bound.
final class Transport {
    /// What became of an attempt to read a frame.
    enum ReadResult {
        case frame(amqp_frame_t)
        case nothing
        case failed(AMQPError)
    }

    let state: amqp_connection_state_t
    let isTLS: Bool
    let fileDescriptor: Int32
    var replayPool = amqp_pool_t()

    /// Where the descriptor is known: it is forgotten there before it is closed, whichever way the transport ends.
    private var handles: [SocketHandle] = []

    /// The name that OpenSSL says and checks; it lives as long as OpenSSL's objects.
    private let serverName: UnsafeMutablePointer<CChar>?

    /// Takes over a connected socket, even when it throws.
    init(socket fileDescriptor: Int32) throws(AMQPError) {
        guard let state = amqp_new_connection(), let socket = amqp_tcp_socket_new(state) else {
            close(fileDescriptor)
            throw AMQPError(.internalFailure, "out of memory")
        }
        amqp_tcp_socket_set_sockfd(socket, fileDescriptor)
        self.state = state
        self.fileDescriptor = fileDescriptor
        isTLS = false
        serverName = nil
        init_amqp_pool(&replayPool, 4096)
    }

    /// Opens TCP and TLS; blocks no longer than `timeout` (and the system's resolver).
    ///
    /// - Parameter address: which of the host's addresses; nil for its only one.
    init(_ configuration: ConnectionConfiguration, at address: SocketAddress?, timeout: Duration) throws(AMQPError) {
        guard let state = amqp_new_connection() else { throw AMQPError(.internalFailure, "out of memory") }
        self.state = state
        isTLS = true
        // The library checks the certificate for a host that it looks up itself, but as a name only.
        let isChecked = address == nil && !SocketAddress.isNumeric(configuration.host)
        let serverName = isChecked ? nil : strdup(configuration.host)
        self.serverName = serverName
        do throws(AMQPError) {
            fileDescriptor = try Transport.open(state, configuration, address, serverName, timeout: timeout)
        } catch {
            amqp_destroy_connection(state)
            free(serverName)
            throw error
        }
        init_amqp_pool(&replayPool, 4096)
    }

    deinit {
        for handle in handles { handle.close(fileDescriptor) }
        empty_amqp_pool(&replayPool)
        amqp_destroy_connection(state)
        free(serverName)
    }

    /// Lets others shut the descriptor down, for as long as the transport lives.
    func makeKnown(to handles: [SocketHandle]) {
        for handle in handles { handle.open(fileDescriptor) }
        self.handles += handles
    }

    /// Sends `AMQP 0 0 9 1`; eight bytes always fit the buffer of a fresh socket.
    func sendProtocolHeader() throws(AMQPError) {
        let status = amqp_send_header(state)
        guard status == AMQP_STATUS_OK.rawValue else { throw .broken(status: status) }
    }

    /// Sets the frame size; called when no frame is half read, as the library demands.
    func tune(channelMaximum: UInt16, frameMaximum: UInt32) throws(AMQPError) {
        guard amqp_release_buffers_ok(state) != 0 else { throw .protocolViolation("a frame is incomplete") }
        let status = amqp_tune_connection(state, Int32(channelMaximum), Int32(frameMaximum), 0)
        guard status == AMQP_STATUS_OK.rawValue else { throw .broken(status: status) }
    }

    /// Whether a read may give a frame although the socket has nothing new.
    var hasBufferedInput: Bool {
        // Under TLS, OpenSSL may hold decrypted bytes that neither the socket nor the library shows: read on.
        isTLS || amqp_data_in_buffer(state) != 0 || amqp_frames_enqueued(state) != 0
    }

    /// Gives back the memory of the frames that were read, which are invalid afterwards.
    func releaseFrames() { amqp_maybe_release_buffers(state) }

    /// Reads one frame without waiting; it is valid until `releaseFrames`.
    func readFrame() -> ReadResult {
        var frame = amqp_frame_t()
        var noWait = CRabbitMQ.timeval(tv_sec: 0, tv_usec: 0)
        let status = amqp_simple_wait_frame_noblock(state, &frame, &noWait)
        if status == AMQP_STATUS_OK.rawValue { return .frame(frame) }
        return status == AMQP_STATUS_TIMEOUT.rawValue ? .nothing : .failed(.broken(status: status))
    }

    /// How much of what was written the peer's machine has not acknowledged; under TLS including what encryption adds.
    var unacknowledgedBytes: Int {
        var count: Int32 = 0
        // The kernel writes an `int` there.
        return ioctl(fileDescriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// Has the socket count as readable only from this many bytes on; false when that cannot be set.
    func setWakingBytes(_ count: Int32) -> Bool {
        var count = count
        let size = socklen_t(MemoryLayout<Int32>.size)
        return setsockopt(fileDescriptor, SOL_SOCKET, SO_RCVLOWAT, &count, size) == 0
    }

    /// Writes as much as the socket takes at once.
    func flush(_ output: inout OutputBuffer) throws(AMQPError) {
        if isTLS { try replayFrames(&output) } else { try sendBytes(&output) }
    }

    private func sendBytes(_ output: inout OutputBuffer) throws(AMQPError) {
        while !output.isEmpty {
            let sent = output.bytes.withUnsafeBytes { bytes in
                send(
                    fileDescriptor,
                    bytes.baseAddress! + output.head,
                    output.pendingBytes,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                )
            }
            if sent > 0 {
                output.consume(sent)
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                return
            } else if errno != EINTR {
                throw AMQPError(.connectionLost, "writing failed: \(String(cString: strerror(errno)))")
            }
        }
    }
}
