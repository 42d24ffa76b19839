// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a server is doing at one moment.
public struct HTTPServerStatistics: Sendable, Equatable {
    /// Open connections, idle ones included.
    public var connections: Int
    /// Requests handed to the handler and not yet answered.
    public var requestsInFlight: Int
    /// Bytes of the bodies that are arriving.
    public var arrivingBodyBytes: Int
    /// Answers whose bodies are being written.
    public var streams: Int
    /// Connections turned down because of a limit, since the start.
    public var refusedConnections: Int
    /// Idle connections closed to make room for others, since the start.
    public var replacedConnections: Int
    /// TLS handshakes that were done, since the start.
    public var handshakes: Int
    /// TLS handshakes that were not: refused, broken off, or by clients that speak no TLS.
    public var failedHandshakes: Int
    /// How long ago the last turn of the slowest loop began; more than a few seconds means that a loop is stuck in a
    /// handler.
    public var oldestTurnAge: Duration
}
