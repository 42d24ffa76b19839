// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The limits of a pool.
public struct PoolConfiguration: Sendable, Hashable {
    /// Idle connections are closed only while more than this many are idle; none is made ahead because of it.
    public var minimumConnectionCount: Int
    /// So many connections are made at the start, and made again when lost, whether or not anybody waits.
    public var preservedConnectionCount: Int
    /// Connections that may exist at a time, including those being made or closed.
    public var maximumConnectionHardLimit: Int
    /// Leases one connection carries at a time.
    public var maximumLeasesPerConnection: Int
    /// Requests that may wait at a time; the next one is refused.
    public var maximumWaiters: Int
    /// A connection that nobody has used for so long is closed.
    public var idleTimeout: Duration
    /// The waits between failed attempts to connect.
    public var backoff: ReconnectBackoff

    /// Makes a configuration; limits below one are taken as one, counts below zero as zero.
    public init(
        minimumConnectionCount: Int = 2,
        preservedConnectionCount: Int = 0,
        maximumConnectionHardLimit: Int = 30,
        maximumLeasesPerConnection: Int = 256,
        maximumWaiters: Int = 10_000,
        idleTimeout: Duration = .seconds(1_200),
        backoff: ReconnectBackoff = ReconnectBackoff()
    ) {
        self.minimumConnectionCount = max(minimumConnectionCount, 0)
        self.preservedConnectionCount = max(preservedConnectionCount, 0)
        self.maximumConnectionHardLimit = max(maximumConnectionHardLimit, 1)
        self.maximumLeasesPerConnection = max(maximumLeasesPerConnection, 1)
        self.maximumWaiters = max(maximumWaiters, 0)
        self.idleTimeout = idleTimeout
        self.backoff = backoff
    }
}
