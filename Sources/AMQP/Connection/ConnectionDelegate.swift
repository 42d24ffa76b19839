// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// What a connection tells its user, all of it on the loop that the connection was given, so nothing may block there.
///
/// The methods may call the connection.
public protocol ConnectionDelegate: AnyObject, Sendable {
    /// Messages arrived; a batch holds what was read from the socket in one go, in order.
    func connection(_ connection: Connection, didReceive deliveries: [Delivery])
    /// The broker stopped reading from publishers; unwritten publishes fail with `blocked` until further notice.
    func connection(_ connection: Connection, didBlock reason: String)
    /// The broker reads from publishers again.
    func connectionDidUnblock(_ connection: Connection)
    /// The broker cancelled a consumer, usually because its queue was deleted.
    func connection(_ connection: Connection, consumerWasCancelled consumerTag: Name)
    /// The broker closed a channel, which is being opened anew: its consumers and prefetch are gone, unacknowledged
    /// deliveries will come again.
    func connection(_ connection: Connection, channelDidClose channel: Int, error: AMQPError)
    /// The connection is finished; nil when this side ended it. Called exactly once after `start`, last of all.
    func connection(_ connection: Connection, didCloseWith error: AMQPError?)
}

extension ConnectionDelegate {
    /// Nothing is consumed.
    public func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {}
    /// Nothing is published.
    public func connection(_ connection: Connection, didBlock reason: String) {}
    /// Nothing is published.
    public func connectionDidUnblock(_ connection: Connection) {}
    /// Nothing is consumed.
    public func connection(_ connection: Connection, consumerWasCancelled consumerTag: Name) {}
    /// What was under way on the channel has been told already.
    public func connection(_ connection: Connection, channelDidClose channel: Int, error: AMQPError) {}
}

/// What a connection has to tell, in the order in which it happened.
enum ConnectionEvent: Sendable {
    case deliveries([Delivery])
    case conclusion(PublishConclusion)
    case operation(@Sendable (Result<[MethodReply], AMQPError>) -> Void, Result<[MethodReply], AMQPError>)
    case cancelled(Name)
    case channelClosed(Int, AMQPError)
    case blocked(reason: String)
    case unblocked
    case started(@Sendable (Result<Void, AMQPError>) -> Void, Result<Void, AMQPError>)
    case closed(AMQPError?, [@Sendable () -> Void])
}
