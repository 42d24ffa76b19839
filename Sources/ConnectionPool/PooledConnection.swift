// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Threads

extension PoolStateMachine {
    @usableFromInline
    struct PooledConnection: Sendable {
        @usableFromInline
        enum State: Sendable {
            case connecting, established, closing
        }

        @usableFromInline var id: ConnectionID
        @usableFromInline var state = State.connecting
        @usableFromInline var leases = 0
        @usableFromInline var isBlocked = false
        /// The round of attempts this one belongs to: those of one round that fail count as one failure.
        @usableFromInline var round: Int
        /// Failures in a row just before this connection came to be.
        @usableFromInline var failuresBefore = 0
        @usableFromInline var establishedAt: Moment
        @usableFromInline var idleSince: Moment

        @inlinable
        init(id: ConnectionID, round: Int, now: Moment) {
            self.id = id
            self.round = round
            establishedAt = now
            idleSince = now
        }
    }
}
