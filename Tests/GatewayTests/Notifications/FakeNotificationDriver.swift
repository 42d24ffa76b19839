// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Names
import Synchronization
import Threads

@testable import Gateway

/// A driver whose notifications a test delivers.
final class FakeNotificationDriver: NotificationDriver {
    let listeners = Guarded<[FakeListener]>([])
    let sent = Guarded<[OutgoingNotification]>([])
    /// Queues that a look finds.
    let queues = Guarded<Set<Name>>([])

    func notify(
        _ notification: OutgoingNotification,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        sent.withLock { $0.append(notification) }
        completion(.success(()))
    }

    func makeNotificationListener(
        _ subscription: NotificationSubscription,
        handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        let listener = FakeListener(subscription, handler)
        listeners.withLock { $0.append(listener) }
        return listener
    }

    func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID { UniqueID() }

    func cancel(_ id: UniqueID) {}
    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void) {}
    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        let isThere = queues.withLock { $0.contains(Name(target.queueName)) }
        completion(.success(isThere ? QueueStatus(consumerCount: 0, messageCount: 0) : nil))
    }
    var status: DriverStatus { DriverStatus(isConnected: true) }
    func start() {}
    func shutdown(deadline: Moment) async {}
}

/// A consumption that a test starts and interrupts.
final class FakeListener: Listener {
    let subscription: NotificationSubscription
    private let handler: @Sendable (any IncomingNotificationMessage) -> Void
    private let consumes = Atomic(false)
    private let closed = Atomic(false)

    init(
        _ subscription: NotificationSubscription,
        _ handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) {
        self.subscription = subscription
        self.handler = handler
    }

    func start() { consumes.store(true, ordering: .releasing) }
    func interrupt() { consumes.store(false, ordering: .releasing) }
    var isClosed: Bool { closed.load(ordering: .acquiring) }
    var isConsuming: Bool { consumes.load(ordering: .acquiring) }
    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {}
    func stop(deadline: Moment) async { interrupt() }
    func close(deadline: Moment) async { closed.store(true, ordering: .releasing) }

    @discardableResult
    func deliver(
        _ number: Int,
        type: String = "a.b",
        uniqueID: String? = nil,
        isLate: Bool = false
    ) -> FakeMessage {
        let message = FakeMessage(
            IncomingNotification(
                messageID: "\(number)",
                publisherID: "me",
                eventType: type,
                priority: "info",
                payload: .emptyObject,
                timestamp: "now",
                uniqueID: uniqueID ?? "u\(number)"
            ),
            isLate: isLate
        )
        handler(message)
        return message
    }
}

/// A notification that notes what becomes of it.
final class FakeMessage: IncomingNotificationMessage {
    enum Fate { case handed, acknowledged, requeued }

    let notification: IncomingNotification
    private let isLate: Bool
    private let state = Guarded(Fate.handed)

    init(_ notification: IncomingNotification, isLate: Bool) {
        self.notification = notification
        self.isLate = isLate
    }

    var fate: Fate { state.withLock { $0 } }

    func acknowledge() -> Bool {
        if !isLate { state.withLock { $0 = .acknowledged } }
        return !isLate
    }

    func requeue() { state.withLock { $0 = .requeued } }
}
