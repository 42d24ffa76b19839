// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What the gateway does with notifications.
public struct NotificationConfiguration: Sendable, Equatable {
    /// Who notifies when a request names nobody; nil is `rpc-gateway.` and the name of this machine.
    public var publisherID: String?
    /// Streams of notifications at a time; the next one is answered 503 `overloaded`.
    public var maximumListeners = 1_000
    /// What may wait for a listener that reads slowly, in bytes, before its stream is ended; one event always may. Events
    /// are shared by the listeners that wait for them.
    public var bufferBytes = 1 << 20
    /// The time between the comments that keep a stream alive, and after which a listener that vanished is missed.
    public var heartbeat: Duration = .seconds(15)
    /// How long the broker's subscription outlives its last listener, so that one that comes back misses nothing.
    public var linger: Duration = .seconds(10)
    /// Events that are kept for listeners that come back with `Last-Event-ID`, for each subscription; 0 keeps none.
    public var replayedEvents = 256
    /// How long a new listener waits for the broker before it is refused.
    public var subscribeTimeout: Duration = .seconds(10)
    /// Whether listeners may name the pool, which is the name of a queue at the broker: of any queue, a server's too.
    public var acceptsPools = false

    /// Makes a configuration with the documented defaults.
    public init() {}
}
