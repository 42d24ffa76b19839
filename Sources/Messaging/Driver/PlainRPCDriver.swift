// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A driver that speaks RabbitMQ's own RPC pattern: a queue, `reply_to` and `correlation_id`, any body.
public protocol PlainRPCDriver: Driver {
    /// Publishes a request with a `reply_to` and a `correlation_id` of the driver's own, and waits for the message that
    /// comes back with that `correlation_id`. Nothing is declared; an unroutable request fails as `undeliverable`.
    ///
    /// - Returns: the identifier by which `cancel` knows the request.
    @discardableResult
    func request(
        _ request: PlainRequest,
        completion: @escaping @Sendable (Result<PlainReply, MessagingError>) -> Void
    ) -> UniqueID

    /// Publishes a message that nobody answers; succeeds once the broker has confirmed it and routed it to a queue.
    func send(_ request: PlainRequest, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void)

    /// Makes a listener that serves a queue, which is declared durable and without arguments; see
    /// `ListeningDriver.makeListener` for the handler's rules.
    func makePlainListener(
        on queue: String,
        handler: @escaping @Sendable (any IncomingPlainMessage) -> Void
    ) throws(MessagingError) -> any Listener
}

/// A plain message as a driver hands it to a server; the rules are those of `IncomingMessage`.
public protocol IncomingPlainMessage: Sendable {
    /// The body, the properties and the headers.
    var message: PlainMessage { get }

    /// Removes the message from its queue; false when it has gone back by itself and will come again.
    func acknowledge() -> Bool

    /// Puts the message back into its queue.
    func requeue()

    /// Publishes the reply to the request's `reply_to` with its `correlation_id`; succeeds at once without a `reply_to`.
    func reply(_ reply: PlainMessage, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void)
}
