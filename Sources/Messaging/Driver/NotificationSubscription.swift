// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// What a notification listener consumes: the queue of each topic and priority, or one queue for its pool.
public struct NotificationSubscription: Sendable, Hashable {
    /// A topic of an exchange.
    public struct Source: Sendable, Hashable {
        /// The control exchange; nil means the transport's default.
        @Bytewise public var exchange: String?
        /// The topic.
        @Bytewise public var topic: String

        /// Makes a source.
        public init(exchange: String? = nil, topic: String) {
            self.exchange = exchange
            self.topic = topic
        }
    }

    /// Where notifications come from.
    public var sources: [Source]
    /// The priorities to consume.
    public var priorities: [NotificationPriority]
    /// The queue that the listeners of a pool share (`pool`), bound to every source and priority; nil consumes the
    /// publishers' own queues, from which each notification goes to one listener.
    @Bytewise public var pool: String?
    /// Whether the pool is this listener's alone: its queue is deleted when the listener closes and expires when the
    /// process dies.
    public var isTemporary: Bool

    /// Makes a subscription.
    public init(
        sources: [Source],
        priorities: [NotificationPriority] = NotificationPriority.allCases,
        pool: String? = nil,
        isTemporary: Bool = false
    ) {
        self.sources = sources
        self.priorities = priorities
        self.pool = pool
        self.isTemporary = isTemporary
    }
}
