// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Glibc

extension Transport {
    /// Under TLS body frames are this small: one frame is one TLS record, and a writable socket has room for it.
    static let tlsFrameMaximum = 16_384

    /// Writes frames under TLS, through the library: the OpenSSL object is its own and takes no bytes from outside.
    ///
    /// `amqp_send_frame` takes a decoded frame, so each frame is decoded by the library first. It would wait for ever
    /// when the socket is full; therefore a frame is handed over only while the socket is writable, which Linux says
    /// when a third of the send buffer is free. A wait that is still possible (a TLS key update at the wrong moment) is
    /// ended by the connection's watchdog, which shuts the descriptor down.
    func replayFrames(_ output: inout OutputBuffer) throws(AMQPError) {
        while !output.isEmpty, isWritable {
            let start = output.bytes.count - output.pendingBytes
            let size = Transport.frameSize(output.bytes, at: start)
            // Counted before the write: a frame that fails half-way may have reached the broker.
            let status = output.bytes.withUnsafeBytes {
                send(UnsafeRawBufferPointer(rebasing: $0[start..<start + size]))
            }
            output.consume(size)
            guard status == AMQP_STATUS_OK.rawValue else { throw .broken(status: status) }
        }
    }

    private var isWritable: Bool {
        var entry = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    private static func frameSize(_ bytes: [UInt8], at start: Int) -> Int {
        bytes[start + 3..<start + 7].reduce(0) { $0 << 8 | Int($1) } + FrameEncoder.overhead
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var frame = amqp_frame_t()
        frame.frame_type = bytes[0]
        frame.channel = UInt16(bytes[1]) << 8 | UInt16(bytes[2])
        let payload = UnsafeRawBufferPointer(rebasing: bytes[7..<bytes.count - 1])
        defer { recycle_amqp_pool(&replayPool) }
        let status = decode(payload, into: &frame)
        return status < 0 ? status : amqp_send_frame(state, &frame)
    }

    private func decode(_ payload: UnsafeRawBufferPointer, into frame: inout amqp_frame_t) -> Int32 {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            frame.payload.method.id = payload.loadUnaligned(as: UInt32.self).bigEndian
            let arguments = amqpBytes(payload, from: 4)
            return amqp_decode_method(frame.payload.method.id, &replayPool, arguments, &frame.payload.method.decoded)
        case AMQP_FRAME_HEADER:
            frame.payload.properties.class_id = 60
            frame.payload.properties.body_size = payload.loadUnaligned(fromByteOffset: 4, as: UInt64.self).bigEndian
            let properties = amqpBytes(payload, from: 12)
            return amqp_decode_properties(60, &replayPool, properties, &frame.payload.properties.decoded)
        default:
            frame.payload.body_fragment = amqpBytes(payload, from: 0)
            return AMQP_STATUS_OK.rawValue
        }
    }

    private func amqpBytes(_ payload: UnsafeRawBufferPointer, from start: Int) -> amqp_bytes_t {
        // Borrowed for the one call that follows; the library only reads.
        let bytes = UnsafeRawBufferPointer(rebasing: payload[start...])
        return amqp_bytes_t(len: bytes.count, bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
