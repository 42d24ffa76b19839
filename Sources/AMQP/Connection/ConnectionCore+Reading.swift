// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Logging
internal import Names
internal import Threads

extension ConnectionCore {
    // So that acknowledgements and confirms go out between batches, and others have their turn.
    private static let batchDeliveries = 256
    private static let batchBytes = 1 << 20
    private static let batchFrames = 4096
    // After so many frames the library's memory for them is given back, which costs as much as reading a small one.
    private static let keptFrames = 32
    private static let keptBytes = 64 << 10

    /// Reads every frame there is, up to the bounds of a batch.
    ///
    /// - Parameter isReadable: whether something is known to have come; otherwise only a frame shows that the broker lives.
    func readFrames(isReadable: Bool) throws(AMQPError) {
        guard let transport else { return }
        if isReadable { heartbeats.didReceive(at: loop.now) }
        var kept = 0
        for count in 0..<Self.batchFrames {
            if count % Self.keptFrames == 0 || kept >= Self.keptBytes {
                transport.releaseFrames()
                kept = 0
            }
            switch transport.readFrame() {
            case .frame(let frame):
                if Int32(frame.frame_type) == AMQP_FRAME_BODY { kept += frame.payload.body_fragment.len }
                heartbeats.didReceive(at: loop.now)
                try receive(frame)
            case .nothing: return
            case .failed(let error): throw error
            }
            // The frame may have ended the connection.
            if phase == .finished || !transport.hasBufferedInput { return }
            if deliveries.count >= Self.batchDeliveries || deliveredBytes >= Self.batchBytes { break }
        }
        askRead()
    }

    private func receive(_ frame: amqp_frame_t) throws(AMQPError) {
        let number = Int(frame.channel)
        guard number <= channels.count else { throw .protocolViolation("a frame came on channel \(number)") }
        guard number > 0 else { return try receiveOnConnection(frame) }
        let channel = channels[number - 1]
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD: try receive(frame.payload.method, on: channel)
        case AMQP_FRAME_HEADER:
            let header = frame.payload.properties
            guard header.class_id == 60 else { throw .protocolViolation("a content is not of class basic") }
            let content = try channel.assembler.header(bodySize: header.body_size, properties: header.raw.buffer)
            if let content { accept(content, on: channel) }
        case AMQP_FRAME_BODY:
            if let content = try channel.assembler.fragment(frame.payload.body_fragment.buffer) {
                accept(content, on: channel)
            }
        default: throw .protocolViolation("the peer speaks another version of AMQP")
        }
    }

    private func accept(_ content: Content, on channel: ChannelCore) {
        switch content.start {
        case .delivery: acceptDelivery(content, on: channel)
        case .returned(let exchange, let routingKey, let reply):
            let body = content.body ?? []
            if !channel.tracker.markReturned(exchange: exchange, routingKey: routingKey, body: body, reply: reply) {
                logger.debug("returned message matches no publish")
            }
        }
    }

    private func acceptDelivery(_ content: Content, on channel: ChannelCore) {
        guard case .delivery(let tag, let number, let isRedelivered, let exchange, let key) = content.start else {
            return
        }
        guard let body = content.body else { return refuseOversized(tag, number, on: channel) }
        deliveredBytes += body.count
        deliveries.append(
            Delivery(
                consumerTag: tag,
                deliveryTag: number,
                isRedelivered: isRedelivered,
                exchange: exchange,
                routingKey: key,
                properties: content.properties,
                body: body
            )
        )
    }

    private func refuseOversized(_ consumerTag: Name, _ deliveryTag: UInt64, on channel: ChannelCore) {
        logger.info("delivery larger than the body limit was dropped")
        // With a consumer that acknowledges nothing the broker has no such tag, and would close the channel.
        guard !channel.consumersWithoutAck.contains(consumerTag), let tag = channel.deliveryTags.inward(deliveryTag)
        else { return }
        write(.basicReject(deliveryTag: tag, requeue: false), channel: channel.number)
        askFlush()
    }
}

extension amqp_bytes_t {
    /// The bytes while the frame they belong to is valid.
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : len) }

    /// The bytes as a string of its own; repaired when they are no UTF-8.
    var string: String { String(decoding: buffer, as: UTF8.self) }

    /// The bytes as a name of its own; repaired when they are no UTF-8.
    var name: Name { Name(string) }
}
