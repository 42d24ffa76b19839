// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Names
import Testing

@testable import RabbitDriver

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct NotificationTests {
    private let topic = TestBroker.uniqueName("topic.with.dots")
    private let inbox = Inbox<any IncomingNotificationMessage>()

    private func notify(_ driver: RabbitDriver, _ priority: NotificationPriority = .info) async throws {
        let notification = OutgoingNotification(
            topic: topic,
            priority: priority,
            messageID: UniqueID().dashed,
            publisherID: "test",
            eventType: "thing.done",
            payload: try JSONText(#"{"n": 1}"#),
            timestamp: "2026-01-02 03:04:05.000006",
            deadline: .seconds(10)
        )
        let result = await withCheckedContinuation { continuation in
            driver.notify(notification) { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    private func listen(_ driver: RabbitDriver, _ subscription: NotificationSubscription) async throws -> any Listener {
        let listener = try driver.makeNotificationListener(subscription) { [inbox] in inbox.put($0) }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        return listener
    }

    private func end(_ driver: RabbitDriver, _ peer: Peer, _ queues: [String]) async throws {
        await driver.shutdown(deadline: .seconds(5))
        for queue in queues {
            try await peer.perform([.deleteQueue(Name(queue))])
        }
        await peer.close()
    }

    @Test func aNotificationWaitsInItsQueueForAListener() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        driver.connections.start()
        try await notify(driver)
        #expect(try await peer.count("\(topic).info") == 1)
        let listener = try await listen(driver, .init(sources: [.init(topic: topic)], priorities: [.info, .error]))
        let first = try await inbox.next()
        #expect(first.notification.eventType == "thing.done")
        #expect(first.notification.topic == topic)
        first.requeue()
        let again = try await inbox.next()
        #expect(again.notification.messageID == first.notification.messageID)
        let isTaken = again.acknowledge()
        #expect(isTaken)
        await listener.close(deadline: .seconds(5))
        #expect(try await peer.count("\(topic).info") == 0)
        try await end(driver, peer, ["\(topic).info", "\(topic).error"])
    }

    @Test func aQueueThatWasDeletedIsDeclaredAgainForTheNextNotification() async throws {
        let (driver, peer, queue) = (try TestBroker.driver(), try await Peer(), "\(topic).info")
        driver.connections.start()
        for _ in 0..<3 {
            try await notify(driver)
            #expect(try await peer.count(queue) == 1)
            try await peer.perform([.deleteQueue(Name(queue))])
        }
        try await end(driver, peer, [])
    }

    @Test func durableNotificationsGoIntoAQueueThatIsNot() async throws {
        let (driver, peer) = (try TestBroker.driver(["amqp_durable_queues": "1"]), try await Peer())
        let queue = "\(topic).info"
        try await peer.perform([.declareQueue(QueueDeclaration(name: Name(queue)))])
        driver.connections.start()
        try await notify(driver)
        try await notify(driver)
        #expect(try await peer.count(queue) == 2)
        try await end(driver, peer, [queue])
    }

    @Test func aQueueOfAnotherKindDoesNotKeepCallsFromTheExchange() async throws {
        let (driver, peer, queue) = (try TestBroker.driver(), try await Peer(), "\(topic).info")
        try await peer.perform([.declareQueue(QueueDeclaration(name: Name(queue), arguments: ["x-max-length": 5]))])
        driver.connections.start()
        let error = await #expect(throws: MessagingError.self) { try await notify(driver) }
        #expect(error?.code == .brokerConfiguration)
        try await notify(driver, .error)
        try await end(driver, peer, [queue, "\(topic).error"])
    }

    @Test func aTemporaryPoolGetsItsOwnCopyAndGoesWithItsListener() async throws {
        let (driver, peer, pool) = (try TestBroker.driver(), try await Peer(), TestBroker.uniqueName("pool"))
        let subscription = NotificationSubscription(
            sources: [.init(topic: topic)],
            priorities: [.info, .error],
            pool: pool,
            isTemporary: true
        )
        let listener = try await listen(driver, subscription)
        try await notify(driver, .error)
        try await notify(driver, .info)
        let messages = try await inbox.next(2)
        #expect(messages.map(\.notification.priority) == ["error", "info"])
        #expect(messages.allSatisfy { $0.acknowledge() })
        #expect(try await peer.count("\(topic).info") == 1)
        await listener.close(deadline: .seconds(5))
        #expect(try await peer.count(pool) == nil)
        try await end(driver, peer, ["\(topic).info", "\(topic).error"])
    }

    @Test func subscriptionsToNothingAreRefused() throws {
        let driver = try TestBroker.driver()
        for subscription in [
            NotificationSubscription(sources: []), .init(sources: [.init(topic: "")]),
            .init(sources: [.init(topic: "t")], priorities: []),
            .init(sources: [.init(topic: String(repeating: "t", count: 250))]),
        ] {
            let error = #expect(throws: MessagingError.self) {
                _ = try driver.makeNotificationListener(subscription) { _ in }
            }
            #expect(error?.code == .invalidTarget)
        }
    }
}
