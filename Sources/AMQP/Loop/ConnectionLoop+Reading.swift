//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import CRabbitMQ
internal import Logging

extension ConnectionLoop {
    // A batch ends here so that acknowledgements and confirms go out in between.
    private static let batchDeliveries = 256
    private static let batchBytes = 1 << 20
    private static let batchFrames = 4096

    /// Reads every frame there is, up to the bounds of a batch.
    func readFrames(isReadable: Bool) throws(AMQPError) {
        if isReadable { heartbeats.didReceive(at: .now) }
        hasMoreInput = false
        for _ in 0..<Self.batchFrames {
            switch transport.readFrame() {
            case .frame(let frame): try receive(frame)
            case .nothing: return
            case .failed(let error): throw die(error)
            }
            if !transport.hasBufferedInput { return }
            if deliveries.count >= Self.batchDeliveries || deliveredBytes >= Self.batchBytes { break }
        }
        hasMoreInput = true
    }

    private func receive(_ frame: amqp_frame_t) throws(AMQPError) {
        guard frame.channel <= 1 else { throw die(.protocolViolation("a frame came on channel \(frame.channel)")) }
        do throws(AMQPError) {
            switch Int32(frame.frame_type) {
            case AMQP_FRAME_METHOD: try receive(frame.payload.method, channel: frame.channel)
            case AMQP_FRAME_HEADER:
                let header = frame.payload.properties
                guard header.class_id == 60 else { throw .protocolViolation("a content is not of class basic") }
                let content = try assembler.header(bodySize: header.body_size, properties: header.raw.buffer)
                if let content { accept(content) }
            case AMQP_FRAME_BODY:
                if let content = try assembler.fragment(frame.payload.body_fragment.buffer) { accept(content) }
            default: throw .protocolViolation("the peer speaks another version of AMQP")
            }
        } catch {
            throw die(error)
        }
    }

    private func accept(_ content: Content) {
        switch content.start {
        case .delivery: acceptDelivery(content)
        case .returned(let exchange, let routingKey, let reply):
            let body = content.body ?? []
            if !tracker.markReturned(exchange: exchange, routingKey: routingKey, body: body, reply: reply) {
                connection.logger.debug("returned message matches no publish")
            }
        }
    }

    private func acceptDelivery(_ content: Content) {
        guard case .delivery(let tag, let number, let isRedelivered, let exchange, let key) = content.start else {
            return
        }
        guard let body = content.body else { return refuseOversized(consumerTag: tag, deliveryTag: number) }
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

    private func refuseOversized(consumerTag: String, deliveryTag: UInt64) {
        connection.logger.info("delivery larger than the body limit was dropped")
        // Without acknowledgements the broker knows no such tag and would close the channel.
        guard !consumersWithoutAck.contains(consumerTag), let tag = deliveryTags.inward(deliveryTag) else { return }
        write(.basicReject(deliveryTag: tag, requeue: false))
    }

    /// Hands over what frames have brought.
    func tell() {
        if !deliveries.isEmpty {
            let batch = deliveries
            deliveries = []
            deliveredBytes = 0
            connection.delegate?.connection(connection, didReceive: batch)
        }
        guard !conclusions.isEmpty else { return }
        let batch = conclusions
        conclusions = []
        connection.mailbox.release(bytes: batch.reduce(0) { $0 + $1.request.outboxBytes })
        for conclusion in batch { conclusion.request.completion(conclusion.outcome) }
    }
}

extension amqp_bytes_t {
    /// The bytes while the frame they belong to is valid.
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : len) }

    /// The bytes as a string of its own; repaired when they are no UTF-8.
    var string: String { String(decoding: buffer, as: UTF8.self) }
}
