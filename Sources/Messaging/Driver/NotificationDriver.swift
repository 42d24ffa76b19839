// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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

    /// Takes the message out of its queue; false when it has gone back by itself and will come again.
    func acknowledge() -> Bool

    /// Puts the message back into its queue.
    func requeue()
}
