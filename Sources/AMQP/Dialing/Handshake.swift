// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Glibc
internal import Threads

/// The opening of a connection (AMQP 0-9-1, section 2.2.4), step by step; waits, so it runs on a thread of its own.
struct Handshake {
    let transport: Transport
    let configuration: ConnectionConfiguration
    let deadline: Moment

    /// Logs in and enters the virtual host.
    func run() throws(AMQPError) -> Dialed {
        try transport.sendProtocolHeader()
        try authenticate(try expect(.connectionStart))
        let dialed = try negotiate(try expect(.connectionTune))
        try send(.connectionOpen(virtualHost: configuration.virtualHost))
        _ = try expect(.connectionOpenOk)
        return dialed
    }

    private func authenticate(_ start: UnsafeMutableRawPointer) throws(AMQPError) {
        let start = start.assumingMemoryBound(to: amqp_connection_start_t.self).pointee
        guard start.version_major == 0, start.version_minor == 9 else {
            throw .protocolViolation("the broker does not speak AMQP 0-9-1")
        }
        let mechanism = configuration.authentication == .plain ? "PLAIN" : "EXTERNAL"
        let offered = start.mechanisms.buffer.split(separator: UInt8(ascii: " "))
        guard offered.contains(where: { $0.elementsEqual(mechanism.utf8) }) else {
            throw AMQPError(.authenticationFailed, "the broker does not offer SASL \(mechanism)")
        }
        try send(
            .connectionStartOk(
                clientProperties: configuration.clientProperties,
                mechanism: mechanism,
                response: configuration.saslResponse
            )
        )
    }

    private func negotiate(_ tune: UnsafeMutableRawPointer) throws(AMQPError) -> Dialed {
        let tune = tune.assumingMemoryBound(to: amqp_connection_tune_t.self).pointee
        // 0 means "no limit" for channels and frames, and "off" for heartbeats.
        let channelMaximum = Self.smaller(tune.channel_max, UInt16(configuration.channelMaximum))
        let frameMaximum = Self.smaller(tune.frame_max, UInt32(configuration.frameMaximum))
        let ours = configuration.heartbeatSeconds
        let heartbeat = ours == 0 ? 0 : Self.smaller(tune.heartbeat, ours)
        guard frameMaximum >= 4096 else { throw .protocolViolation("the broker's frame maximum is below 4096") }
        try transport.tune(channelMaximum: channelMaximum, frameMaximum: frameMaximum)
        try send(.connectionTuneOk(channelMaximum: channelMaximum, frameMaximum: frameMaximum, heartbeat: heartbeat))
        return Dialed(
            transport: transport,
            channelMaximum: channelMaximum,
            frameMaximum: transport.isTLS ? min(Int(frameMaximum), Transport.tlsFrameMaximum) : Int(frameMaximum),
            heartbeat: .seconds(heartbeat)
        )
    }

    private static func smaller<Integer: FixedWidthInteger>(_ theirs: Integer, _ ours: Integer) -> Integer {
        if theirs == 0 { return ours }
        return ours == 0 ? theirs : min(theirs, ours)
    }

    // MARK: Frames

    private func send(_ method: Method) throws(AMQPError) {
        var output = OutputBuffer()
        output.write { FrameEncoder.append(method, channel: 0, to: &$0) }
        while true {
            try transport.flush(&output)
            if output.isEmpty { return }
            try wait(for: Int16(POLLOUT), method.id)
        }
    }

    /// Waits for a method; its arguments are valid until the next frame is read.
    private func expect(_ id: MethodID) throws(AMQPError) -> UnsafeMutableRawPointer {
        while true {
            transport.releaseFrames()
            switch transport.readFrame() {
            case .frame(let frame): return try arguments(of: id, in: frame)
            case .nothing: try wait(for: Int16(POLLIN), id)
            case .failed(let error): throw error
            }
        }
    }

    private func arguments(of id: MethodID, in frame: amqp_frame_t) throws(AMQPError) -> UnsafeMutableRawPointer {
        guard Int32(frame.frame_type) == AMQP_FRAME_METHOD, frame.channel == 0,
            let arguments = frame.payload.method.decoded
        else { throw .protocolViolation("the peer does not follow the handshake of AMQP 0-9-1") }
        let method = frame.payload.method
        if method.id == MethodID.connectionClose.rawValue {
            let close = arguments.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
            throw .connectionClosed(by: AMQPError.Reply(close), duringLogin: true)
        }
        guard method.id == id.rawValue else { throw .protocolViolation("method \(method.id) came instead of \(id)") }
        return arguments
    }

    private func wait(for events: Int16, _ id: MethodID) throws(AMQPError) {
        let left = deadline - .now
        guard left > .zero else { throw AMQPError(.connectTimedOut, "the AMQP handshake took too long (\(id))") }
        var entry = pollfd(fd: transport.fileDescriptor, events: events, revents: 0)
        poll(&entry, 1, left.waitMilliseconds)
    }
}
