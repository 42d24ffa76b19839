// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
public import Messaging

extension RabbitDriver {
    /// Makes a listener that serves a queue of plain AMQP RPC; see `PlainRPCDriver`. A queue that exists in another form
    /// than ours, durable and without arguments, is consumed as it is.
    public func makePlainListener(
        on queue: String,
        handler: @escaping @Sendable (any IncomingPlainMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        guard !queue.isEmpty, queue.utf8.count <= Target.maximumNameBytes else {
            let message = "The queue's name must have 1 to \(Target.maximumNameBytes) bytes"
            throw MessagingError(.invalidTarget, message)
        }
        let replies = replySender
        return makeListener(ListeningTopology(plainQueue: queue, options: options)) { delivery, _, settlement in
            handler(
                RabbitIncomingPlainMessage(
                    message: PlainMessage(delivery),
                    replyTo: delivery.properties.replyTo,
                    correlationID: delivery.properties.correlationID,
                    settlement: settlement,
                    replies: replies
                )
            )
        }
    }
}
