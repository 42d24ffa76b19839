// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    /// What the owner of the machine does after an input: all of it, in any order, holding no lock.
    public struct Actions: Sendable {
        /// A lease given to a request that waited.
        public struct Grant: Sendable {
            /// The request.
            public var waiter: WaiterID
            /// The connection it may now use once.
            public var connection: ConnectionID

            @inlinable
            init(waiter: WaiterID, connection: ConnectionID) {
                self.waiter = waiter
                self.connection = connection
            }
        }

        /// A request that waited in vain.
        public struct Refusal: Sendable {
            /// The request.
            public var waiter: WaiterID
            /// Why it gets no lease.
            public var reason: LeaseFailure<ConnectError>

            @inlinable
            init(waiter: WaiterID, reason: LeaseFailure<ConnectError>) {
                self.waiter = waiter
                self.reason = reason
            }
        }

        /// Requests that have a lease now, in the order they came.
        public var grants: [Grant] = []
        /// Requests that failed.
        public var refusals: [Refusal] = []
        /// Connections to make; each ends in `connectionEstablished` or `connectionFailed`.
        public var connect: [ConnectionID] = []
        /// Connections, or attempts to connect, to close; each ends in `connectionClosed` or `connectionFailed`.
        public var close: [ConnectionID] = []
        /// When to call `timerFired` next, in place of any earlier request; nil leaves the timer as it is.
        public var timer: Moment?

        @inlinable
        init() {}

        /// Whether there is nothing to do.
        @inlinable public var isEmpty: Bool {
            grants.isEmpty && refusals.isEmpty && connect.isEmpty && close.isEmpty && timer == nil
        }
    }
}
