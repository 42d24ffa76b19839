// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// A driver that RPC servers can listen on (`oslo_messaging._drivers.base.BaseDriver.listen`).
public protocol ListeningDriver: Driver {
    /// Makes a listener for a target's three queues: the topic's, the server's own, and the one for fanouts.
    ///
    /// Nothing is declared or consumed before the listener's `start()`. The handler runs on a thread of the driver, in
    /// the order of the deliveries (long compressed messages, and compressed ones behind them, may come later than
    /// others); it must not block. Messages that cannot be decoded are rejected by the driver and never reach it.
    ///
    /// - Throws: `invalidTarget` without topic or server.
    func makeListener(
        on target: Target,
        handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) throws(MessagingError) -> any Listener
}

/// A consumption of messages from `start()` to `close(deadline:)`, through losses of the broker.
///
/// Every function may be called from any thread, and more than once.
public protocol Listener: Sendable {
    /// Connects, declares and consumes, and keeps doing so until `stop(deadline:)`.
    func start()

    /// Whether messages are being consumed.
    var isConsuming: Bool { get }

    /// Returns once messages are consumed.
    ///
    /// - Throws: `brokerUnavailable` at the deadline, `brokerConfiguration`, or `shutdown` after a stop.
    func waitUntilConsuming(deadline: Moment) async throws(MessagingError)

    /// Cancels the consumers. After it returns no message is handed over, and those that were on their way are back in
    /// their queues. Messages handed over before can still be acknowledged, given back and replied to.
    func stop(deadline: Moment) async

    /// Deletes what was declared for this listener alone, such as its fanout queue, and disconnects; stops first.
    func close(deadline: Moment) async
}

/// A request as a driver hands it to a server, not yet acknowledged (`oslo_messaging._drivers.base.RpcIncomingMessage`).
///
/// Whoever got it acknowledges it or gives it back, once. Every function may be called from any thread and returns at
/// once.
public protocol IncomingMessage: Sendable {
    /// What was asked.
    var request: IncomingRequest { get }

    /// Whether it came through the server's own fanout queue, which goes with the server: given back, it would be lost.
    var isFanout: Bool { get }

    /// Removes the message from its queue.
    ///
    /// - Returns: false when it is out of this process's hands, as after the loss of its connection: it is back in its
    ///   queue, will come again, and must not be executed now.
    func acknowledge() -> Bool

    /// Puts the message back into its queue.
    func requeue()

    /// Sends a reply, a failure or a heartbeat to the caller; succeeds at once where nobody waits for one (a cast).
    ///
    /// The driver sends a reply again while the caller's queue is missing, for a bounded time
    /// (`kombu_missing_consumer_retry_timeout`), and across losses of the broker. Heartbeats are sent once. Two replies
    /// arrive in order only if the second is sent after the completion of the first.
    func reply(_ reply: OutgoingReply, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void)
}

/// What a server sends back.
public enum OutgoingReply: Sendable {
    /// The method's result, which ends the call.
    case result(JSONText)
    /// The exception that the method raised, which ends the call.
    case failure(RemoteError)
    /// The method still runs; for callers with a call monitor.
    case heartbeat
}
