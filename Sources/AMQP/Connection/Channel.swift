//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The connection's channel, lent to closures that run on the owner thread; it must not leave them.
///
/// Each method waits for the broker's answer, at most `operationTimeout`; running out of it ends the connection. When
/// the broker refuses (`notFound`, `preconditionFailed`, `accessRefused`, …) it closes the channel: a new one is open
/// by the time the error is thrown, and the delegate has been told.
public final class Channel {
    private let loop: ConnectionLoop

    init(_ loop: ConnectionLoop) {
        self.loop = loop
    }

    /// Declares an exchange, or with `isPassive` asks for it; publishes with the same `declaring` do not declare it again.
    public func declareExchange(_ exchange: ExchangeDeclaration) throws(AMQPError) {
        try loop.declare(exchange)
    }

    /// Declares a queue, or with `isPassive` asks for it.
    @discardableResult
    public func declareQueue(_ queue: QueueDeclaration) throws(AMQPError) -> DeclaredQueue {
        guard queue.isEncodable else { throw .invalidArgument("the queue's name or arguments are too long") }
        let reply = try loop.call(.queueDeclare(queue), expecting: .queueDeclareOk)
        guard case .queue(let declared) = reply else { throw loop.unexpected(reply) }
        return declared
    }

    /// Binds a queue to an exchange.
    public func bindQueue(
        _ queue: String,
        exchange: String,
        routingKey: String,
        arguments: FieldTable = [:]
    ) throws(AMQPError) {
        try check(queue, exchange, routingKey, arguments)
        let method = Method.queueBind(queue: queue, exchange: exchange, routingKey: routingKey, arguments: arguments)
        _ = try loop.call(method, expecting: .queueBindOk)
    }

    /// Takes a binding away.
    public func unbindQueue(
        _ queue: String,
        exchange: String,
        routingKey: String,
        arguments: FieldTable = [:]
    ) throws(AMQPError) {
        try check(queue, exchange, routingKey, arguments)
        let method = Method.queueUnbind(queue: queue, exchange: exchange, routingKey: routingKey, arguments: arguments)
        _ = try loop.call(method, expecting: .queueUnbindOk)
    }

    /// Deletes a queue and gives the number of messages that went with it; a queue that is not there counts as none.
    @discardableResult
    public func deleteQueue(_ name: String, ifUnused: Bool = false, ifEmpty: Bool = false) throws(AMQPError) -> Int {
        try check(name)
        let method = Method.queueDelete(name: name, ifUnused: ifUnused, ifEmpty: ifEmpty)
        let reply = try loop.call(method, expecting: .queueDeleteOk)
        guard case .messageCount(let count) = reply else { throw loop.unexpected(reply) }
        return count
    }

    /// Starts a consumer and gives its tag, which the broker makes up when empty.
    @discardableResult
    public func consume(
        queue: String,
        consumerTag: String = "",
        noAck: Bool = false,
        exclusive: Bool = false,
        arguments: FieldTable = [:]
    ) throws(AMQPError) -> String {
        try check(queue, consumerTag, arguments: arguments)
        return try loop.consume(
            .basicConsume(
                queue: queue,
                consumerTag: consumerTag,
                noAck: noAck,
                exclusive: exclusive,
                arguments: arguments
            )
        )
    }

    /// Stops a consumer; deliveries that are on their way still come.
    public func cancel(consumerTag: String) throws(AMQPError) {
        try check(consumerTag)
        _ = try loop.call(.basicCancel(consumerTag: consumerTag), expecting: .basicCancelOk)
    }

    /// Bounds the unacknowledged deliveries of each consumer started from now on; 0 for no bound.
    public func qos(prefetchCount: Int) throws(AMQPError) {
        guard let count = UInt16(exactly: prefetchCount) else {
            throw .invalidArgument("the prefetch count is not between 0 and 65535")
        }
        _ = try loop.call(.basicQos(prefetchCount: count), expecting: .basicQosOk)
    }

    /// Turns publisher confirms on ahead of the first publish, which would do it too.
    public func selectConfirms() throws(AMQPError) {
        try loop.selectConfirms()
    }

    private func check(_ strings: String..., arguments: FieldTable = [:]) throws(AMQPError) {
        guard strings.allSatisfy({ $0.utf8.count <= 255 }), arguments.isEncodable else {
            throw .invalidArgument("a name, a key or an argument's name is longer than 255 bytes")
        }
    }

    private func check(_ queue: String, _ exchange: String, _ key: String, _ arguments: FieldTable) throws(AMQPError) {
        try check(queue, exchange, key, arguments: arguments)
    }
}
