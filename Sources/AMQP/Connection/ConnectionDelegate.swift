//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What a connection tells its user; everything on the connection's owner thread, so nothing may block there.
///
/// The methods may call the connection: its methods only queue.
public protocol ConnectionDelegate: AnyObject, Sendable {
    /// Messages arrived; a batch holds what one drain of the socket gave, in order.
    func connection(_ connection: Connection, didReceive deliveries: [Delivery])
    /// The broker stopped reading from publishers; unwritten publishes fail with `blocked` until further notice.
    func connection(_ connection: Connection, didBlock reason: String)
    /// The broker reads from publishers again.
    func connectionDidUnblock(_ connection: Connection)
    /// The broker cancelled a consumer, usually because its queue was deleted.
    func connection(_ connection: Connection, consumerWasCancelled consumerTag: String)
    /// The broker closed the channel and it was opened anew: consumers and prefetch are gone, unacknowledged
    /// deliveries will come again.
    func connection(_ connection: Connection, channelDidClose error: AMQPError)
    /// The connection is finished; nil when this side ended it. Called exactly once after `start`, last of all.
    func connection(_ connection: Connection, didCloseWith error: AMQPError?)
}
