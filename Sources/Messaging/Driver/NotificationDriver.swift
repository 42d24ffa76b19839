// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A driver that carries notifications (`send_notification` and `listen_for_notifications` of oslo.messaging's drivers).
public protocol NotificationDriver: Driver {
    /// Publishes a notification to the queue of its topic and priority, which is declared first so that nothing is lost
    /// while nobody listens; succeeds once the broker has confirmed it.
    func notify(
        _ notification: OutgoingNotification,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    )

    /// Makes a listener for notifications; see `ListeningDriver.makeListener` for the handler's rules.
    ///
    /// - Throws: `invalidTarget` without a topic or priority, or with a name that AMQP cannot carry.
    func makeNotificationListener(
        _ subscription: NotificationSubscription,
        handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) throws(MessagingError) -> any Listener
}

/// A notification as a driver hands it to a listener, not yet acknowledged; the rules are those of `IncomingMessage`.
public protocol IncomingNotificationMessage: Sendable {
    /// What was notified.
    var notification: IncomingNotification { get }

    /// Removes the message from its queue; false when it has gone back by itself and will come again.
    func acknowledge() -> Bool

    /// Puts the message back into its queue.
    func requeue()
}

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

/// How urgent a notification is; each has its own queue.
public enum NotificationPriority: String, Sendable, Hashable, CaseIterable, Codable {
    /// For audits.
    case audit
    /// For people who look for a defect.
    case debug
    /// For information.
    case info
    /// For what may become a problem.
    case warn
    /// For what has failed.
    case error
    /// For what endangers the service.
    case critical
    /// For samples of measurements.
    case sample

    /// Its form in the body of a notification.
    public var wireName: String { rawValue.uppercased() }
}
