// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

/// What listeners share one subscription at the broker by.
struct SubscriptionKey: Hashable, Sendable {
    @Bytewise var exchange: String?
    @Bytewise var topic: String
    var priorities: [NotificationPriority]
    /// The pool that clients named; nil for one of our own.
    @Bytewise var pool: String?

    /// What the pools of our own begin with.
    static let temporaryPrefix = "rpc-gateway_notifications_"

    /// What is asked of the driver. A pool of our own gets copies, so that nothing is taken away from other consumers.
    var subscription: NotificationSubscription {
        NotificationSubscription(
            sources: [NotificationSubscription.Source(exchange: exchange, topic: topic)],
            priorities: priorities,
            pool: pool ?? Self.temporaryPrefix + UniqueID().hexadecimal,
            isTemporary: pool == nil
        )
    }
}
