// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension PoolStateMachine {
    /// The answer to a request for a lease.
    public enum LeaseResult: Sendable {
        /// The request may use this connection once, now.
        case leased(ConnectionID)
        /// The request waits; a later input's actions name it exactly once.
        case queued(Actions)
        /// The request gets nothing.
        case refused(LeaseFailure<ConnectError>)
    }
}
