// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension Method {
    /// Appends the method's arguments as they follow its id on the wire.
    func encodeArguments(into bytes: inout [UInt8]) {
        switch self {
        case .connectionCloseOk, .channelCloseOk: break
        case .channelFlow: bytes.append(flags: true)
        case .connectionStartOk, .connectionTuneOk, .connectionOpen, .connectionClose, .channelOpen:
            encodeConnectionArguments(into: &bytes)
        case .exchangeDeclare(let exchange): exchange.encode(into: &bytes)
        case .queueDeclare(let queue): queue.encode(into: &bytes)
        case .queueBind, .queueDelete: encodeQueueArguments(into: &bytes)
        default: encodeBasicArguments(into: &bytes)
        }
    }

    private func encodeConnectionArguments(into bytes: inout [UInt8]) {
        switch self {
        case .connectionStartOk(let clientProperties, let mechanism, let response):
            bytes.append(table: clientProperties)
            bytes.append(shortString: mechanism)
            bytes.append(longBytes: response)
            bytes.append(shortString: "en_US")
        case .connectionTuneOk(let channelMaximum, let frameMaximum, let heartbeat):
            bytes.append(bigEndian: channelMaximum)
            bytes.append(bigEndian: frameMaximum)
            bytes.append(bigEndian: heartbeat)
        case .connectionOpen(let virtualHost):
            bytes.append(shortString: virtualHost)
            bytes.append(shortString: "")
            bytes.append(0)
        case .connectionClose:
            bytes.append(bigEndian: UInt16(200))
            bytes.append(shortString: "goodbye")
            bytes.append(bigEndian: UInt32(0))
        default: bytes.append(shortString: "")
        }
    }

    private func encodeQueueArguments(into bytes: inout [UInt8]) {
        // The first field of every method of these classes is a ticket that 0-9-1 no longer uses.
        bytes.append(bigEndian: UInt16(0))
        switch self {
        case .queueBind(let queue, let exchange, let routingKey):
            for name in [queue, exchange, routingKey] { bytes.append(shortString: name.text) }
            bytes.append(0)
            bytes.append(table: [:])
        case .queueDelete(let name):
            bytes.append(shortString: name.text)
            bytes.append(0)
        default: break
        }
    }

    private func encodeBasicArguments(into bytes: inout [UInt8]) {
        switch self {
        case .basicQos(let prefetchCount):
            bytes.append(bigEndian: UInt32(0))
            bytes.append(bigEndian: prefetchCount)
            bytes.append(0)
        case .basicConsume(let queue, let consumerTag, let noAck, let arguments):
            bytes.append(bigEndian: UInt16(0))
            bytes.append(shortString: queue.text)
            bytes.append(shortString: consumerTag.text)
            bytes.append(flags: false, noAck)
            bytes.append(table: arguments)
        case .basicCancel(let consumerTag):
            bytes.append(shortString: consumerTag.text)
            bytes.append(0)
        case .basicCancelOk(let consumerTag): bytes.append(shortString: consumerTag.text)
        case .basicAck(let deliveryTag, let flag), .basicReject(let deliveryTag, let flag):
            bytes.append(bigEndian: deliveryTag)
            bytes.append(flags: flag)
        default: bytes.append(0)
        }
    }
}
