// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How it becomes known that the broker has taken a message.
public enum PublishProof: Sendable {
    /// By a confirm of the broker (`confirm.select`), which answers for the message: `confirmed`, or `rejected`.
    case confirm
    /// By the answer to a probe, a method that follows on the same channel: `passed`. One probe serves all messages before
    /// it, so the broker has nothing to keep or to say about each. It is sent every 50 ms, and after 64 messages.
    ///
    /// For channels without consumers, as the probe is a `basic.qos`. On a channel that has published with `confirm`
    /// before, it is the same as `confirm`.
    case probe
    /// The same with a probe directly behind the message.
    case probeAtOnce
}
