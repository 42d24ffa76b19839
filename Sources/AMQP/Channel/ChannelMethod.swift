// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A method that is sent on a channel and answered by the broker.
public enum ChannelMethod: Sendable, Equatable {
    /// Bounds the unacknowledged deliveries of each consumer that is started afterwards; 0 for no bound.
    case qos(prefetchCount: Int)
    /// Declares an exchange, or, with `isPassive`, asks whether it exists.
    case declareExchange(ExchangeDeclaration)
    /// Declares a queue, or, with `isPassive`, asks whether it exists; answered with `queue`.
    case declareQueue(QueueDeclaration)
    /// Binds a queue to an exchange.
    case bindQueue(Name, exchange: Name, routingKey: Name)
    /// Deletes a queue; answered with the number of messages that went with it, 0 for one that is not there.
    case deleteQueue(Name)
    /// Starts a consumer; answered with its tag, which the broker makes up when it is empty. Channel 1 only.
    case consume(queue: Name, consumerTag: Name = "", noAck: Bool = false, arguments: FieldTable = [:])
    /// Stops a consumer; deliveries that are on their way still come.
    case cancel(consumerTag: Name)

    var method: Method {
        switch self {
        case .qos(let count): .basicQos(prefetchCount: UInt16(clamping: count))
        case .declareExchange(let exchange): .exchangeDeclare(exchange)
        case .declareQueue(let queue): .queueDeclare(queue)
        case .bindQueue(let queue, let exchange, let key): .queueBind(queue: queue, exchange: exchange, routingKey: key)
        case .deleteQueue(let queue): .queueDelete(name: queue)
        case .consume(let queue, let tag, let noAck, let arguments):
            .basicConsume(queue: queue, consumerTag: tag, noAck: noAck, arguments: arguments)
        case .cancel(let tag): .basicCancel(consumerTag: tag)
        }
    }

    /// What keeps the method off the wire; nil when it can be written.
    var defect: AMQPError? {
        if case .qos(let count) = self, UInt16(exactly: count) == nil {
            return .invalidArgument("the prefetch count is not between 0 and 65535")
        }
        return isEncodable ? nil : .invalidArgument("a name, a key or an argument's name is longer than 255 bytes")
    }

    private var isEncodable: Bool {
        switch self {
        case .qos: true
        case .declareExchange(let exchange): exchange.isEncodable
        case .declareQueue(let queue): queue.isEncodable
        case .bindQueue(let queue, let exchange, let key): queue.isShort && exchange.isShort && key.isShort
        case .deleteQueue(let queue): queue.isShort
        case .consume(let queue, let tag, _, let arguments): queue.isShort && tag.isShort && arguments.isEncodable
        case .cancel(let tag): tag.isShort
        }
    }
}

/// The broker's answer to a method, as far as its arguments matter.
public enum MethodReply: Sendable, Equatable {
    /// It was done.
    case done
    /// A queue was declared.
    case queue(DeclaredQueue)
    /// How many messages went with a deleted queue.
    case messageCount(Int)
    /// A consumer was started.
    case consumer(tag: Name)
}

extension Name {
    /// Whether it fits a short string of AMQP.
    var isShort: Bool { utf8.count <= 255 }
}
