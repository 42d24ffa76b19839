// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A queue that a listener declares, binds and consumes.
struct MemorySubscription: Sendable {
    /// How the queue hangs on an exchange.
    struct Binding: Sendable {
        var exchange: Name
        var kind = MemoryExchange.Kind.topic
        var routingKey: Name
    }

    var queue: Name
    var bindings: [Binding] = []
    /// Whether the queue is deleted when the listener closes.
    var isOwned = false
    /// Whether the queue refuses messages when it is full. Replies are as many as the calls that wait for them.
    var isBounded = true
}
