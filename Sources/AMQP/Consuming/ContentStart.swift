// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The method that announces a content: a delivery or a returned message.
enum ContentStart {
    case delivery(consumerTag: Name, deliveryTag: UInt64, isRedelivered: Bool, exchange: Name, routingKey: Name)
    case returned(exchange: Name, routingKey: Name, reply: AMQPError.Reply)
}
