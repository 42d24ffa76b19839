// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Threads

/// A driver that takes or refuses notifications by topic, and whose deliveries come from the test.
final class FakeNotificationDriver: NotificationDriver {
    let listener = FakeNotificationListener()
    let sent = Guarded<[OutgoingNotification]>([])
    private let failures: [String: MessagingError]
    private let handler = Guarded<(@Sendable (any IncomingNotificationMessage) -> Void)?>(nil)

    /// Makes a driver on which sending to these topics fails.
    init(failures: [String: MessagingError] = [:]) { self.failures = failures }

    /// Hands messages to the listener.
    func deliver(_ messages: FakeNotificationMessage...) {
        for message in messages { handler.withLock { $0 }?(message) }
    }

    func notify(
        _ notification: OutgoingNotification,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        sent.withLock { $0.append(notification) }
        completion(failures[notification.topic].map { .failure($0) } ?? .success(()))
    }

    func makeNotificationListener(
        _ subscription: NotificationSubscription,
        handler: @escaping @Sendable (any IncomingNotificationMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        guard !subscription.sources.isEmpty, !subscription.priorities.isEmpty else {
            throw MessagingError(.invalidTarget, "A listener needs a topic and a priority")
        }
        self.handler.withLock { $0 = handler }
        return listener
    }

    func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID {
        completion(.failure(MessagingError(.undeliverable, "nobody listens here")))
        return UniqueID()
    }

    func cancel(_ id: UniqueID) {}

    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void) {
        completion(.failure(MessagingError(.undeliverable, "nobody listens here")))
    }

    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        completion(.success(nil))
    }

    var status: DriverStatus { DriverStatus(isConnected: true) }
    func start() {}
    func shutdown(deadline: Moment) async {}
}

/// Notes what is asked of it; consumes between its start and its stop.
final class FakeNotificationListener: Listener {
    let events = Guarded<[String]>([])
    private let stopping = Guarded<(@Sendable () -> Void)?>(nil)

    /// Lets something happen while the listener stops.
    func onStop(_ action: @escaping @Sendable () -> Void) { stopping.withLock { $0 = action } }

    func start() { events.withLock { $0.append("start") } }
    var isConsuming: Bool { events.withLock { $0.last == "start" } }
    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {}

    func stop(deadline: Moment) async {
        stopping.withLock { $0 }?()
        events.withLock { $0.append("stop") }
    }

    func close(deadline: Moment) async { events.withLock { $0.append("close") } }
}
