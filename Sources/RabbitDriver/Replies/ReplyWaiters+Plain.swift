// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging

extension ReplyWaiters {
    /// Gives a delivery of the reply queue with one of our identifiers as `correlation_id` to the plain request that
    /// waits for it, whatever it holds; a late one is dropped.
    ///
    /// - Returns: false when it is too large, and then its request has failed.
    func receivePlain(_ delivery: Delivery, _ id: UniqueID, _ maximumBytes: Int) -> Bool {
        guard delivery.body.count <= maximumBytes else {
            let message = "The reply has \(delivery.body.count) bytes, the limit is \(maximumBytes)"
            fail(id, with: MessagingError(.badReply, message, execution: .yes, stage: .reply))
            return false
        }
        receive(PlainMessage(delivery), for: id)
        return true
    }
}
