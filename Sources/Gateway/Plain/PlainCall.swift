// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Names

/// A message of plain AMQP as the head of its HTTP request asks for it.
struct PlainCall: Sendable {
    var isCast: Bool
    var template: String
    /// The exchange's name; empty for the default exchange.
    var exchange: String
    var routingKey: String
    var timeout: Duration
    /// The properties and headers, without the body.
    var message: PlainMessage

    /// Reads path, query and header fields.
    ///
    /// - Throws: `invalid-request` for the first part that is wrong, `forbidden` where plain AMQP is switched off or a
    ///   foreign web page asks.
    init(_ head: RequestHead, route: PlainRoute, _ configuration: GatewayConfiguration) throws(Problem) {
        guard configuration.acceptsPlainAMQP else {
            throw .forbidden("This gateway sends no messages of plain AMQP (amqp.enabled)")
        }
        try RequestOrigin.check(head.fields, configuration.crossOrigin)
        isCast = route.isCast
        template = route.template
        (exchange, routingKey) = try Self.names(route, QueryParameters(head.query, known: ["exchange", "routing_key"]))
        timeout = try CallFields.timeout(head.fields, configuration)
        message = try PlainFields.message(head.fields)
    }

    /// The exchange and the routing key. A query parameter names what the path cannot: an exchange called `-`, an empty
    /// routing key, or one that ends in `:cast`.
    private static func names(_ route: PlainRoute, _ query: QueryParameters) throws(Problem) -> (String, String) {
        let isDefault = route.exchange.isSame(as: "-")
        let exchange = try name("exchange", route.exchange, query["exchange"]) ?? (isDefault ? "" : nil)
        let routingKey = try name("routing_key", route.routingKey, query["routing_key"])
        return (try checked(exchange ?? route.exchange), try checked(routingKey ?? route.routingKey))
    }

    private static func name(_ name: String, _ segment: String, _ value: String?) throws(Problem) -> String? {
        guard let value else { return nil }
        guard segment.isSame(as: "-") else {
            throw .invalidRequest("query: \(name) stands in the path already; put \"-\" there to name it in the query")
        }
        return value
    }

    private static func checked(_ name: String) throws(Problem) -> String {
        guard name.utf8.count <= Target.maximumNameBytes else {
            throw .invalidTarget("An exchange or routing key is longer than \(Target.maximumNameBytes) bytes")
        }
        return name
    }

    /// What goes to the driver.
    func request(
        _ body: [UInt8],
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration
    ) -> PlainRequest {
        var message = message
        message.body = body
        return PlainRequest(
            exchange: exchange,
            routingKey: routingKey,
            message: message,
            timeout: timeout,
            now: identity.started,
            retry: configuration.retry
        )
    }
}
