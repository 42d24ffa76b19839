//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP

extension Channel {
    /// Sends one method of a topology and waits for its answer.
    func perform(_ step: ListeningTopology.Step) throws(AMQPError) {
        switch step {
        case .qos(let count): try qos(prefetchCount: count)
        case .declareExchange(let exchange): try declareExchange(exchange)
        case .declareQueue(let queue): try declareQueue(queue)
        case .bind(let queue, let exchange, let key): try bindQueue(queue, exchange: exchange, routingKey: key)
        case .consume(let consumer):
            try consume(queue: consumer.queue, consumerTag: consumer.tag, arguments: consumer.arguments)
        }
    }
}
