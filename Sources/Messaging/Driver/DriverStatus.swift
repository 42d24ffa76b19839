// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

/// How a driver stands with its broker, as one look shows it.
public struct DriverStatus: Sendable {
    /// Whether the connection that receives replies is up and consuming.
    public var isConnected: Bool
    /// The broker's reason while it blocks publishers.
    public var blockedReason: String?
    /// When a message of our own last came back through our own reply queue; nil before the first.
    public var lastLoopback: Moment?
    /// Why the driver is not connected, in words without credentials.
    public var problem: String?
    /// Calls that wait for their reply.
    public var waitingCalls: Int
    /// Connections that publish, by what they do now.
    public var sendConnections: SendConnections

    /// The pool of publishing connections in numbers.
    public struct SendConnections: Sendable {
        /// Connections that are open.
        public var open: Int
        /// Publishes under way.
        public var leases: Int
        /// Requests that wait for a connection.
        public var waiting: Int

        /// Makes the numbers.
        public init(open: Int = 0, leases: Int = 0, waiting: Int = 0) {
            self.open = open
            self.leases = leases
            self.waiting = waiting
        }
    }

    /// Makes a status.
    public init(
        isConnected: Bool,
        blockedReason: String? = nil,
        lastLoopback: Moment? = nil,
        problem: String? = nil,
        waitingCalls: Int = 0,
        sendConnections: SendConnections = SendConnections()
    ) {
        self.isConnected = isConnected
        self.blockedReason = blockedReason
        self.lastLoopback = lastLoopback
        self.problem = problem
        self.waitingCalls = waitingCalls
        self.sendConnections = sendConnections
    }
}
