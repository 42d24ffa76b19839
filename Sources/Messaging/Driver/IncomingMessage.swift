// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A request as a driver hands it to a server, not yet acknowledged (`oslo_messaging._drivers.base.RpcIncomingMessage`).
///
/// The one who got it acknowledges it or gives it back, once. Every function may be called from any thread and returns
/// at once.
public protocol IncomingMessage: Sendable {
    /// What was asked.
    var request: IncomingRequest { get }

    /// Whether it came through the server's own fanout queue, which goes with the server: given back it would be lost.
    var isFanout: Bool { get }

    /// Takes the message out of its queue.
    ///
    /// - Returns: false when it is out of this process's hands, as after the loss of its connection: it is then in its
    ///   queue again, will come once more, and must not be executed now.
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
