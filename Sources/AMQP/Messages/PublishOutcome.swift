// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How a publish ended.
public enum PublishOutcome: Sendable, Equatable {
    /// The broker took responsibility for the message, or, without `isMandatory`, dropped it as unroutable.
    case confirmed
    /// The broker has read the message, has not refused it, and, with `isMandatory`, has found a queue for it; it does not
    /// answer for what becomes of it (`PublishProof.probe`).
    case passed
    /// The message was mandatory and no queue took it; the broker dropped it.
    case returned(replyCode: Int, replyText: String)
    /// The broker refused the message (`basic.nack`).
    case rejected
    /// It is not known to have arrived; `wasSent` tells whether any byte of it may have reached the broker.
    case failed(AMQPError, wasSent: Bool)
}
