// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A method that this client sends, apart from `basic.publish`, which is written with its content.
enum Method: Sendable, Equatable {
    case connectionStartOk(clientProperties: FieldTable, mechanism: String, response: [UInt8])
    case connectionTuneOk(channelMaximum: UInt16, frameMaximum: UInt32, heartbeat: UInt16)
    case connectionOpen(virtualHost: String)
    case connectionClose
    case connectionCloseOk
    case channelOpen
    /// Asks that the channel go on as it does: nothing but a question that is answered.
    case channelFlow
    case channelCloseOk
    case exchangeDeclare(ExchangeDeclaration)
    case queueDeclare(QueueDeclaration)
    case queueBind(queue: Name, exchange: Name, routingKey: Name)
    case queueDelete(name: Name)
    case basicQos(prefetchCount: UInt16)
    case basicConsume(queue: Name, consumerTag: Name, noAck: Bool, arguments: FieldTable)
    case basicCancel(consumerTag: Name)
    case basicCancelOk(consumerTag: Name)
    case basicAck(deliveryTag: UInt64, multiple: Bool)
    case basicReject(deliveryTag: UInt64, requeue: Bool)
    case confirmSelect

    var id: MethodID {
        switch self {
        case .connectionStartOk: .connectionStartOk
        case .connectionTuneOk: .connectionTuneOk
        case .connectionOpen: .connectionOpen
        case .connectionClose: .connectionClose
        case .connectionCloseOk: .connectionCloseOk
        case .channelOpen: .channelOpen
        case .channelFlow: .channelFlow
        case .channelCloseOk: .channelCloseOk
        case .exchangeDeclare: .exchangeDeclare
        case .queueDeclare: .queueDeclare
        case .queueBind: .queueBind
        case .queueDelete: .queueDelete
        case .basicQos: .basicQos
        case .basicConsume: .basicConsume
        case .basicCancel: .basicCancel
        case .basicCancelOk: .basicCancelOk
        case .basicAck: .basicAck
        case .basicReject: .basicReject
        case .confirmSelect: .confirmSelect
        }
    }
}
