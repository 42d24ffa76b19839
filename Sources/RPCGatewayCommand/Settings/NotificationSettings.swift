// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Notifications over HTTP.
struct NotificationSettings: Sendable, Equatable {
    /// Who notifies when a request names nobody; `auto` is the program and the host.
    var publisherID = "auto"
    /// Streams at a time.
    var maximumListeners = 1000
    /// What may wait for a listener that reads slowly.
    var bufferBytes = 1 << 20
    /// The time between two comments of a stream.
    var heartbeat = Duration.seconds(15)
    /// Events that are kept for listeners that come back.
    var replayedEvents = 256
    /// Whether listeners may name the pool.
    var acceptsPools = false
}
