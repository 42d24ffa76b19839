// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension PoolStateMachine {
    /// What follows from giving a lease back.
    public enum ReleaseResult: Sendable {
        /// Nothing to do.
        case done
        /// The request that waited longest has the lease now, on the same connection.
        case handedOver(to: WaiterID)
        /// Something rarer to do.
        case actions(Actions)
    }
}
