// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NotificationTests {
    @Test(arguments: DriverKind.available)
    func aNotificationWaitsForItsListener(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            for format in [OutgoingNotification.Format.messaging, .messagingv2] {
                try await bench.driver.notify(bench.notification("e \(format)", format: format))
            }
            let seen = Channel<IncomingNotification>()
            _ = try await bench.subscribe(bench.subscription()) { seen.send($0) }
            let notifications = await seen.next(2)
            #expect(notifications.map(\.eventType) == ["e messaging", "e messagingv2"])
            for notification in notifications {
                #expect(notification.topic == bench.topic)
                #expect(notification.priority == "info")
                #expect(notification.publisherID == "test.host")
                #expect(notification.payload.string == #"{"a": 1.0}"#)
            }
        }
    }

    @Test(arguments: DriverKind.available)
    func eachNotificationGoesToOneListenerAndToEveryPool(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let (shared, pooled) = (Channel<String>(), Channel<String>())
            for _ in 0..<2 { _ = try await bench.subscribe(bench.subscription()) { shared.send($0.eventType) } }
            let pool = bench.subscription(pool: "\(bench.topic).pool", isTemporary: true)
            for _ in 0..<2 { _ = try await bench.subscribe(pool) { pooled.send($0.eventType) } }
            for number in 0..<10 { try await bench.driver.notify(bench.notification("e\(number)")) }
            let expected = (0..<10).map { "e\($0)" }
            #expect(await shared.next(10).sorted() == expected)
            #expect(await pooled.next(10).sorted() == expected)
        }
    }

    @Test(arguments: DriverKind.available)
    func onlyTheWantedPrioritiesCome(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let seen = Channel<String>()
            _ = try await bench.subscribe(bench.subscription([.error])) { seen.send($0.eventType) }
            try await bench.driver.notify(bench.notification("fine", priority: .info))
            try await bench.driver.notify(bench.notification("bad", priority: .error))
            #expect(try await seen.next() == "bad")
        }
    }

    @Test(arguments: DriverKind.available)
    func whatIsGivenBackComesAgain(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let held = Channel<any IncomingNotificationMessage>()
            let first = try bench.driver.makeNotificationListener(bench.subscription()) { held.send($0) }
            first.start()
            try await first.waitUntilConsuming(deadline: bench.soon)
            try await bench.driver.notify(bench.notification("e"))
            try await held.next().requeue()
            let again = try await held.next()
            #expect(again.notification.eventType == "e")
            #expect(again.acknowledge())
            await first.close(deadline: bench.soon)
        }
    }

    @Test(arguments: DriverKind.available)
    func aSubscriptionNeedsTopicsAndPriorities(_ kind: DriverKind) async throws {
        try await Bench.run(kind) { bench in
            let wrong = [
                NotificationSubscription(sources: []), NotificationSubscription(sources: [.init(topic: "")]),
                NotificationSubscription(sources: [.init(topic: "t")], priorities: []),
                NotificationSubscription(sources: [.init(topic: "t")], pool: ""),
            ]
            for subscription in wrong {
                let failure = await code { () throws(MessagingError) in
                    _ = try bench.driver.makeNotificationListener(subscription) { _ in }
                }
                #expect(failure == .invalidTarget)
            }
        }
    }
}

extension Bench {
    fileprivate func notification(
        _ eventType: String,
        priority: NotificationPriority = .info,
        format: OutgoingNotification.Format = .messagingv2
    ) throws -> OutgoingNotification {
        OutgoingNotification(
            topic: topic,
            priority: priority,
            messageID: UniqueID().dashed,
            publisherID: "test.host",
            eventType: eventType,
            payload: try JSONText(#"{"a": 1.0}"#),
            timestamp: "2026-01-01 00:00:00.000000",
            format: format,
            deadline: soon
        )
    }

    fileprivate func subscription(
        _ priorities: [NotificationPriority] = [.info],
        pool: String? = nil,
        isTemporary: Bool = false
    ) -> NotificationSubscription {
        NotificationSubscription(
            sources: [.init(topic: topic)],
            priorities: priorities,
            pool: pool,
            isTemporary: isTemporary
        )
    }

    fileprivate func subscribe(
        _ subscription: NotificationSubscription,
        _ handler: @escaping @Sendable (IncomingNotification) -> Void
    ) async throws -> any Listener {
        let listener = try driver.makeNotificationListener(subscription) { message in
            if message.acknowledge() { handler(message.notification) }
        }
        listener.start()
        try await listener.waitUntilConsuming(deadline: soon)
        return listener
    }
}
