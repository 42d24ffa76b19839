// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The path of plain AMQP: an exchange and a routing key, with or without a reply.
struct PlainRoute: Sendable, Equatable {
    /// As the path names it; `-` is the default exchange.
    var exchange: String
    /// As the path names it.
    var routingKey: String
    var isCast = false

    /// What follows the routing key of a message that nobody answers.
    static let castSuffix = ":cast"

    /// Reads the last two segments of the path; every other `:` belongs to the routing key.
    init(exchange: Name, last: Name) {
        self.exchange = exchange.text
        isCast = last.hasSuffix(Self.castSuffix)
        routingKey = isCast ? String(last.text.utf8.dropLast(Self.castSuffix.utf8.count)) ?? last.text : last.text
    }

    var template: String { "/-/amqp/{exchange}/{routing_key}\(isCast ? Self.castSuffix : "")" }
}
