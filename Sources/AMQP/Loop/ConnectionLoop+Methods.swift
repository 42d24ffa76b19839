//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import CRabbitMQ

extension ConnectionLoop {
    /// Acts on a method of the broker.
    func receive(_ method: amqp_method_t, channel: UInt16) throws(AMQPError) {
        guard let id = MethodID(rawValue: method.id), let arguments = method.decoded else {
            throw .protocolViolation("the broker sent method \(method.id)")
        }
        guard id.channel == channel else { throw .protocolViolation("\(id) came on channel \(channel)") }
        guard channel == 0 || assembler.isIdle || id == .channelClose else {
            throw .protocolViolation("\(id) came in the middle of a content")
        }
        switch id {
        case .basicDeliver, .basicReturn: try beginContent(id, arguments)
        case .basicAck, .basicNack: confirm(id, arguments)
        case .connectionClose, .connectionBlocked, .connectionUnblocked: try receiveConnectionMethod(id, arguments)
        case .channelClose: closeChannel(arguments)
        case .basicCancel: cancelConsumer(arguments)
        default: try acceptReply(id, arguments)
        }
    }

    private func beginContent(_ id: MethodID, _ arguments: UnsafeMutableRawPointer) throws(AMQPError) {
        guard id == .basicDeliver else {
            let method = arguments.assumingMemoryBound(to: amqp_basic_return_t.self).pointee
            let reply = AMQPError.Reply(code: Int(method.reply_code), text: method.reply_text.string)
            return try assembler.begin(
                .returned(exchange: method.exchange.string, routingKey: method.routing_key.string, reply: reply)
            )
        }
        let method = arguments.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
        try assembler.begin(
            .delivery(
                consumerTag: strings.consumerTag.string(method.consumer_tag.buffer),
                deliveryTag: deliveryTags.outward(method.delivery_tag),
                isRedelivered: method.redelivered != 0,
                exchange: strings.exchange.string(method.exchange.buffer),
                routingKey: strings.routingKey.string(method.routing_key.buffer)
            )
        )
    }

    private func confirm(_ id: MethodID, _ arguments: UnsafeMutableRawPointer) {
        if id == .basicAck {
            let method = arguments.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
            let multiple = method.multiple != 0
            tracker.confirm(tag: method.delivery_tag, multiple: multiple, isNack: false, into: &conclusions)
        } else {
            let method = arguments.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee
            let multiple = method.multiple != 0
            tracker.confirm(tag: method.delivery_tag, multiple: multiple, isNack: true, into: &conclusions)
        }
    }

    private func receiveConnectionMethod(
        _ id: MethodID,
        _ arguments: UnsafeMutableRawPointer
    ) throws(AMQPError) {
        switch id {
        case .connectionBlocked:
            block(reason: arguments.assumingMemoryBound(to: amqp_connection_blocked_t.self).pointee.reason.string)
        case .connectionUnblocked: unblock()
        default:
            let method = arguments.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
            let reply = AMQPError.Reply(code: Int(method.reply_code), text: method.reply_text.string)
            throw .connectionClosed(by: reply, duringLogin: !isLoggedIn)
        }
    }

    private func closeChannel(_ arguments: UnsafeMutableRawPointer) {
        let method = arguments.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
        channelDidClose(by: AMQPError.Reply(code: Int(method.reply_code), text: method.reply_text.string))
    }

    private func cancelConsumer(_ arguments: UnsafeMutableRawPointer) {
        let method = arguments.assumingMemoryBound(to: amqp_basic_cancel_t.self).pointee
        let tag = method.consumer_tag.string
        if method.nowait == 0 { write(.basicCancelOk(consumerTag: tag)) }
        consumersWithoutAck.remove(tag)
        // Deliveries that came before the cancellation are told before it.
        tell()
        connection.delegate?.connection(connection, consumerWasCancelled: tag)
    }

    private func acceptReply(_ id: MethodID, _ arguments: UnsafeMutableRawPointer) throws(AMQPError) {
        guard id == awaited, reply == nil else { throw .protocolViolation("\(id) came unasked") }
        reply = makeReply(id, arguments)
    }

    private func makeReply(_ id: MethodID, _ arguments: UnsafeMutableRawPointer) -> Reply {
        switch id {
        case .connectionStart:
            let method = arguments.assumingMemoryBound(to: amqp_connection_start_t.self).pointee
            let isSupported = method.version_major == 0 && method.version_minor == 9
            return .start(versionIsSupported: isSupported, mechanisms: method.mechanisms.string)
        case .connectionTune:
            let method = arguments.assumingMemoryBound(to: amqp_connection_tune_t.self).pointee
            return .tune(
                channelMaximum: method.channel_max,
                frameMaximum: method.frame_max,
                heartbeat: method.heartbeat
            )
        case .queueDeclareOk:
            let method = arguments.assumingMemoryBound(to: amqp_queue_declare_ok_t.self).pointee
            let counts = (Int(method.message_count), Int(method.consumer_count))
            return .queue(DeclaredQueue(name: method.queue.string, messageCount: counts.0, consumerCount: counts.1))
        case .queueDeleteOk:
            return .messageCount(
                Int(arguments.assumingMemoryBound(to: amqp_queue_delete_ok_t.self).pointee.message_count)
            )
        case .basicConsumeOk:
            return .consumer(
                tag: arguments.assumingMemoryBound(to: amqp_basic_consume_ok_t.self).pointee.consumer_tag.string
            )
        default: return .done
        }
    }
}
