// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// A consumption of messages, through losses of the broker, from `start()` until `close(deadline:)`.
///
/// Every function may be called from any thread, and more than once.
public protocol Listener: Sendable {
    /// Connects, declares, consumes, and goes on doing so until `stop(deadline:)`.
    func start()

    /// Whether messages are consumed now.
    var isConsuming: Bool { get }

    /// Returns once messages are consumed.
    ///
    /// - Throws: `brokerUnavailable`, `brokerConfiguration`, or `shutdown` after a stop; the first at the deadline.
    func waitUntilConsuming(deadline: Moment) async throws(MessagingError)

    /// Cancels the consumers; when it returns no further message is handed over, and those that were on their way are
    /// back in their queues. Messages handed over before can still be acknowledged, given back and answered.
    func stop(deadline: Moment) async

    /// Deletes what was declared for this listener alone, such as its fanout queue, and disconnects; stops first.
    func close(deadline: Moment) async
}
