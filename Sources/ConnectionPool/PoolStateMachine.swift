// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// Decides which request uses which connection, and when connections are made, closed and made again.
///
/// A value without I/O, locks or a clock: every input takes the time and returns what is to be done, and whoever owns
/// the machine keeps it under a lock and acts after releasing that. One connection carries several leases at a time. A
/// lease goes to the most recently used connection that has room, so that under less load the others fall idle and are
/// closed. When none has room the request waits, first in first out, and connections are made up to the limit.
///
/// Leasing and releasing a ready connection is O(1) and allocates nothing; inputs that concern waiting requests are
/// O(log n) in their number, a failed attempt to connect O(n).
public struct PoolStateMachine<
    ConnectionID: Hashable & Sendable,
    WaiterID: Hashable & Sendable,
    ConnectError: Error
>: Sendable {
    @usableFromInline
    enum Phase: Sendable {
        case running, shuttingDown
    }

    /// The limits; fixed for the machine's life.
    public let configuration: PoolConfiguration
    @usableFromInline let makeConnectionID: @Sendable () -> ConnectionID

    @usableFromInline var phase = Phase.running
    @usableFromInline var connections: ContiguousArray<PooledConnection?> = []
    @usableFromInline var slotOfConnection: [ConnectionID: Int] = [:]
    @usableFromInline var freeSlots: ContiguousArray<Int> = []
    /// Established connections with room that are not blocked, the most recently used one first.
    @usableFromInline var leasable = SlotList()
    /// Established connections without a lease, the one idle longest last.
    @usableFromInline var idle = SlotList()
    @usableFromInline var waiters = WaiterQueue<WaiterID>()
    @usableFromInline var counts = PoolCounts()

    /// Failed rounds of attempts in a row.
    @usableFromInline var failures = 0
    /// The number of the current round of attempts.
    @usableFromInline var round = 0
    @usableFromInline var latestFailure: ConnectError?
    /// No attempt to connect begins before this.
    @usableFromInline var nextAttempt: Moment?
    /// The timer that the owner was asked for and has not reported as fired.
    @usableFromInline var requestedTimer: Moment?

    /// Makes an empty pool.
    ///
    /// - Parameter makeConnectionID: returns an ID that was never used before in this pool; called within inputs.
    @inlinable
    public init(configuration: PoolConfiguration, makeConnectionID: @escaping @Sendable () -> ConnectionID) {
        self.configuration = configuration
        self.makeConnectionID = makeConnectionID
        connections.reserveCapacity(configuration.maximumConnectionHardLimit)
    }

    /// What the pool holds now.
    @inlinable public var currentCounts: PoolCounts {
        var result = counts
        result.idle = idle.count
        result.waiters = waiters.count
        return result
    }

    /// Failed rounds of attempts to connect in a row; zero while the peer is reachable.
    @inlinable public var consecutiveFailures: Int { failures }

    /// Whether the pool was told to shut down and its last connection is gone.
    @inlinable public var isShutDown: Bool { phase == .shuttingDown && counts.connections == 0 }

    /// Makes the connections that are kept ready ahead of any request; to be called once, before any other input.
    @inlinable
    public mutating func start(now: Moment) -> Actions {
        settle(Actions(), now: now)
    }
}

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
