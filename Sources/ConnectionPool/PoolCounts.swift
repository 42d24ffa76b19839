// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a pool holds at one moment, for gauges and health.
public struct PoolCounts: Sendable, Hashable {
    /// Connections being made.
    public var connecting = 0
    /// Connections ready for use, leased or not, blocked ones included.
    public var established = 0
    /// Established connections without a lease.
    public var idle = 0
    /// Established connections the peer has blocked.
    public var blocked = 0
    /// Connections being closed.
    public var closing = 0
    /// Leases given out.
    public var leases = 0
    /// Requests that wait.
    public var waiters = 0

    /// All connections that count against the limit.
    public var connections: Int { connecting + established + closing }

    @usableFromInline
    init() {}
}
