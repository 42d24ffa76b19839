//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The method that announces a content: a delivery or a returned message.
enum ContentStart {
    case delivery(consumerTag: String, deliveryTag: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
    case returned(exchange: String, routingKey: String, reply: AMQPError.Reply)
}
