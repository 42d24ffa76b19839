// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool
internal import Messaging

extension ReplyRetries {
    /// The limits.
    struct Limits: Sendable {
        /// How long a reply waits for a missing queue (`kombu_missing_consumer_retry_timeout`).
        var missingQueueTimeout = Duration.seconds(60)
        /// How often a missing queue is tried.
        var probeInterval = Duration.milliseconds(250)
        /// How long a reply waits for a broker.
        var brokerTimeout = Duration.seconds(600)
        /// The waits between attempts while there is trouble with the broker.
        var backoff = ReconnectBackoff(interval: .milliseconds(250), maximumInterval: .seconds(10), jitter: 0.5)
        /// Connections that may be lost under one reply.
        var maximumLosses = 5
        /// Replies that wait at the most.
        var maximumCount = 10_000
        /// Their bytes at the most.
        var maximumBytes = 64 << 20
    }

    enum Reason: Sendable, Equatable {
        /// The caller's queue stayed missing.
        case missingQueue
        /// No broker took the reply in time.
        case broker
        /// Too many replies wait.
        case overload
        /// The transport shuts down.
        case shutdown
    }

    enum Action: Sendable, Equatable {
        /// Send the reply again, with a fresh `_unique_id` or with the former one.
        case send(UniqueID, isFresh: Bool)
        /// Nothing more is tried.
        case giveUp(UniqueID, Reason)
    }
}
