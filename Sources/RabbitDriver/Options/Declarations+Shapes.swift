// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Names

extension RabbitOptions {
    /// The exchange of a target (`oslo_messaging._drivers.amqpdriver.AMQPDriverBase._send`).
    func route(to target: Target, controlExchange: String) -> PublishRoute {
        let shape =
            target.isFanout
            ? fanoutExchange(topic: target.topic ?? "") : self.controlExchange(target.exchange ?? controlExchange)
        return PublishRoute(declaring: ExchangeDeclaration(shape))
    }
}

extension ExchangeDeclaration {
    init(_ shape: ExchangeShape) {
        self.init(
            name: Name(shape.name),
            type: shape.type,
            isDurable: shape.isDurable,
            isAutoDelete: shape.isAutoDelete
        )
    }
}

extension QueueDeclaration {
    init(_ shape: QueueShape) {
        self.init(
            name: Name(shape.name),
            isDurable: shape.isDurable,
            isAutoDelete: shape.isAutoDelete,
            arguments: FieldTable(shape.arguments)
        )
    }
}

extension FieldTable {
    init(_ arguments: [QueueShape.Entry]) {
        self.init(entries: arguments.map { Entry(key: $0.name, value: FieldValue($0.value)) })
    }
}

extension FieldValue {
    init(_ argument: QueueShape.Argument) {
        switch argument {
        case .integer(let value): self = .int32(Int32(clamping: value))
        case .text(let text): self = .string(text)
        case .flag(let flag): self = .bool(flag)
        }
    }
}
