// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging

/// What stands between a delivery and the reply in it: its size and its content type.
enum ReplyBody {
    /// Opens the body of a delivery of the reply queue.
    ///
    /// - Throws: the reason why it is no reply, with the call it most likely answers.
    static func open(_ delivery: Delivery, maximumBytes: Int) throws(ReplyEnvelopeError) -> ReplyEnvelope {
        guard delivery.body.count <= maximumBytes else {
            let reason = "it has \(delivery.body.count) bytes, the limit is \(maximumBytes)"
            throw ReplyEnvelopeError(reason: reason, salvagedFrom: delivery.body)
        }
        guard delivery.properties.contentType == "application/json" else {
            let type = delivery.properties.contentType.map { "\"\($0)\"" } ?? "absent"
            throw ReplyEnvelopeError(reason: "its content type is \(type)", salvagedFrom: delivery.body)
        }
        return try ReplyEnvelope(try BodyCompression.decompressed(delivery, maximumBytes: maximumBytes))
    }
}
