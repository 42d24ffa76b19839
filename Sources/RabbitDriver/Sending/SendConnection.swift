//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import Logging

/// One publishing connection of the pool (oslo's PURPOSE_SEND): ties the connection's events to its name there.
final class SendConnection: ConnectionDelegate {
    let id: Int
    private let owner: SendConnections

    // The pool's owner keeps its connections and they keep it: the cycle ends when a connection is closed.
    init(id: Int, owner: SendConnections) {
        self.id = id
        self.owner = owner
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {}

    func connection(_ connection: Connection, didBlock reason: String) { owner.didBlock(id, reason: reason) }

    func connectionDidUnblock(_ connection: Connection) { owner.didUnblock(id) }

    func connection(_ connection: Connection, consumerWasCancelled consumerTag: String) {}

    func connection(_ connection: Connection, channelDidClose error: AMQPError) {}

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) { owner.didClose(id) }
}
