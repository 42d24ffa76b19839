//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension ConnectionLoop {
    /// Sends a method and runs turns until its reply is there.
    func call(_ method: Method, expecting id: MethodID) throws(AMQPError) -> Reply {
        try failIfFatal()
        // A blocked broker does not read: the call could only run into its bound and end the connection.
        if isBlocked { throw AMQPError(.blocked, "the broker has blocked this connection") }
        return try exchange(method, expecting: id)
    }

    func exchange(_ method: Method, expecting id: MethodID) throws(AMQPError) -> Reply {
        write(method)
        return try awaitReply(id, until: .now + connection.configuration.operationTimeout)
    }

    /// Runs turns until the reply is there, the channel is closed, or the time is up.
    func awaitReply(_ id: MethodID, until deadline: ContinuousClock.Instant) throws(AMQPError) -> Reply {
        awaited = id
        defer { awaited = nil }
        while true {
            if let reply {
                self.reply = nil
                return reply
            }
            if let failure = channelFailure {
                try recoverChannel()
                throw failure
            }
            // A reply that comes later would be taken for another call's: the connection cannot go on.
            guard ContinuousClock.now < deadline else { throw die(timeout(awaiting: id)) }
            try turn(until: deadline, takesWakeUps: false)
        }
    }

    private func timeout(awaiting id: MethodID) -> AMQPError {
        isLoggedIn
            ? AMQPError(.timedOut, "the broker did not answer in time (\(id))")
            : AMQPError(.connectTimedOut, "the AMQP handshake took too long (\(id))")
    }

    /// Declares an exchange and remembers it for as long as the channel lives.
    func declare(_ exchange: ExchangeDeclaration) throws(AMQPError) {
        guard exchange.isEncodable else { throw .invalidArgument("the exchange's name or arguments are too long") }
        _ = try call(.exchangeDeclare(exchange), expecting: .exchangeDeclareOk)
        declared.note(exchange, at: .now)
    }

    /// Declares and binds the queue of a publish, then its exchange once more, as oslo.messaging's publishers do.
    func bind(_ request: PublishRequest) throws(AMQPError) {
        guard let exchange = request.declaring, let binding = request.binding else { return }
        _ = try call(.queueDeclare(binding.queue), expecting: .queueDeclareOk)
        let bind = Method.queueBind(
            queue: binding.queue.name,
            exchange: exchange.name,
            routingKey: binding.bindingKey,
            arguments: [:]
        )
        _ = try call(bind, expecting: .queueBindOk)
        boundQueues.note(binding, to: exchange)
        try declare(exchange)
    }

    /// Turns confirms on unless they are.
    func selectConfirms() throws(AMQPError) {
        guard !isConfirming else { return }
        _ = try call(.confirmSelect, expecting: .confirmSelectOk)
        isConfirming = true
    }

    /// Starts a consumer.
    func consume(_ method: Method) throws(AMQPError) -> String {
        let reply = try call(method, expecting: .basicConsumeOk)
        guard case .consumer(let tag) = reply else { throw unexpected(reply) }
        if case .basicConsume(_, _, let noAck, _, _) = method, noAck { consumersWithoutAck.insert(tag) }
        return tag
    }
}
