// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import DequeModule
internal import Names
internal import Threads

extension ConnectionCore {
    /// Acts on a frame of the connection itself.
    func receiveOnConnection(_ frame: amqp_frame_t) throws(AMQPError) {
        guard Int32(frame.frame_type) == AMQP_FRAME_METHOD else {
            throw .protocolViolation("a content frame, or a frame of another version of AMQP, came on channel 0")
        }
        let method = frame.payload.method
        guard let arguments = method.decoded else { throw .protocolViolation("the broker sent method \(method.id)") }
        switch MethodID(rawValue: method.id) {
        case .connectionBlocked:
            let method = arguments.assumingMemoryBound(to: amqp_connection_blocked_t.self).pointee
            block(reason: method.reason.string.asOneLine)
        case .connectionUnblocked: unblock()
        case .connectionClose:
            let method = arguments.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
            throw .connectionClosed(by: AMQPError.Reply(method), duringLogin: false)
        case .connectionCloseOk where phase == .closing: finish(nil)
        default: throw .protocolViolation("method \(method.id) came unasked")
        }
    }

    /// Acts on a method of the broker on a channel.
    func receive(_ method: amqp_method_t, on channel: ChannelCore) throws(AMQPError) {
        guard let id = MethodID(rawValue: method.id), !id.isOfConnection, let arguments = method.decoded else {
            throw .protocolViolation("the broker sent method \(method.id)")
        }
        guard channel.assembler.isIdle || id == .channelClose else {
            throw .protocolViolation("\(id) came in the middle of a content")
        }
        switch id {
        case .basicDeliver, .basicReturn: try beginContent(id, arguments, on: channel)
        case .basicAck:
            let method = arguments.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
            confirm(channel, method.delivery_tag, multiple: method.multiple != 0, isNack: false)
        case .basicNack:
            let method = arguments.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee
            confirm(channel, method.delivery_tag, multiple: method.multiple != 0, isNack: true)
        case .channelClose:
            let method = arguments.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
            channelDidClose(channel, by: AMQPError.Reply(method))
        case .basicCancel: cancelConsumer(arguments, on: channel)
        default: try acceptReply(id, arguments, on: channel)
        }
    }

    private func confirm(_ channel: ChannelCore, _ tag: UInt64, multiple: Bool, isNack: Bool) {
        channel.tracker.confirm(tag: tag, multiple: multiple, isNack: isNack, into: &conclusions)
        if closeDeadline != nil { askFlush() }
    }

    private func beginContent(
        _ id: MethodID,
        _ arguments: UnsafeMutableRawPointer,
        on channel: ChannelCore
    ) throws(AMQPError) {
        guard id == .basicDeliver else {
            let method = arguments.assumingMemoryBound(to: amqp_basic_return_t.self).pointee
            let reply = AMQPError.Reply(code: Int(method.reply_code), text: method.reply_text.string)
            return try channel.assembler.begin(
                .returned(exchange: method.exchange.name, routingKey: method.routing_key.name, reply: reply)
            )
        }
        let method = arguments.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
        try channel.assembler.begin(
            .delivery(
                consumerTag: strings.consumerTag.name(method.consumer_tag.buffer),
                deliveryTag: channel.deliveryTags.outward(method.delivery_tag),
                isRedelivered: method.redelivered != 0,
                exchange: strings.exchange.name(method.exchange.buffer),
                routingKey: strings.routingKey.name(method.routing_key.buffer)
            )
        )
    }

    private func cancelConsumer(_ arguments: UnsafeMutableRawPointer, on channel: ChannelCore) {
        let method = arguments.assumingMemoryBound(to: amqp_basic_cancel_t.self).pointee
        let tag = method.consumer_tag.name
        if method.nowait == 0 {
            write(.basicCancelOk(consumerTag: tag), channel: channel.number)
            askFlush()
        }
        channel.consumersWithoutAck.remove(tag)
        // Deliveries that came before the cancellation are told before it.
        gatherEvents()
        events.append(.cancelled(tag))
    }

    private func acceptReply(
        _ id: MethodID,
        _ arguments: UnsafeMutableRawPointer,
        on channel: ChannelCore
    ) throws(AMQPError) {
        guard let call = channel.calls.first, call.request.reply == id else {
            throw .protocolViolation("\(id) came unasked")
        }
        channel.calls.removeFirst()
        if let exchange = call.declares, call.request == .exchangeDeclare { declared.note(exchange, at: loop.now) }
        if let exchange = call.declares, let binding = call.binds { boundQueues.note(binding, to: exchange) }
        let reply = makeReply(id, arguments)
        if call.isWithoutAck, case .consumer(let tag) = reply { channel.consumersWithoutAck.insert(tag) }
        if id == .channelOpenOk { channelDidOpen() }
        if call.isProbe { channel.tracker.passProbe(into: &conclusions) }
        if let operation = call.operation, let replies = operation.take(reply) {
            gatherEvents()
            events.append(.operation(operation.completion, .success(replies)))
        }
        if closeDeadline != nil { askFlush() }
    }

    private func makeReply(_ id: MethodID, _ arguments: UnsafeMutableRawPointer) -> MethodReply {
        switch id {
        case .queueDeclareOk:
            let method = arguments.assumingMemoryBound(to: amqp_queue_declare_ok_t.self).pointee
            let counts = (Int(method.message_count), Int(method.consumer_count))
            return .queue(DeclaredQueue(name: method.queue.name, messageCount: counts.0, consumerCount: counts.1))
        case .queueDeleteOk:
            return .messageCount(
                Int(arguments.assumingMemoryBound(to: amqp_queue_delete_ok_t.self).pointee.message_count)
            )
        case .basicConsumeOk:
            return .consumer(
                tag: arguments.assumingMemoryBound(to: amqp_basic_consume_ok_t.self).pointee.consumer_tag.name
            )
        default: return .done
        }
    }
}

extension AMQPError.Reply {
    init(_ method: amqp_channel_close_t) {
        self.init(code: Int(method.reply_code), text: method.reply_text.string)
        methodID = MethodID(rawValue: UInt32(method.class_id) << 16 | UInt32(method.method_id))
    }

    init(_ method: amqp_connection_close_t) {
        self.init(code: Int(method.reply_code), text: method.reply_text.string)
        methodID = MethodID(rawValue: UInt32(method.class_id) << 16 | UInt32(method.method_id))
        isOfConnection = true
    }
}
