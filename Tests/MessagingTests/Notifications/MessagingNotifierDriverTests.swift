// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing
import Threads

struct MessagingNotifierDriverTests {
    @Test(arguments: [(OutgoingNotification.Format.messaging, "messaging"), (.messagingv2, "messagingv2")])
    func everyTopicGetsTheSameMessage(_ format: OutgoingNotification.Format, _ name: String) async {
        let driver = FakeNotificationDriver()
        let notifierDriver = MessagingNotifierDriver(
            driver: driver,
            topics: ["one", "two"],
            exchange: "nova",
            format: format
        )
        await Notifier(drivers: [notifierDriver], publisherID: "p").error("e", ["a": 1])
        let sent = driver.sent.withLock { $0 }.sorted { $0.topic < $1.topic }
        #expect(sent.map(\.queueName) == ["one.error", "two.error"] && notifierDriver.name == name)
        #expect(sent.allSatisfy { $0.exchange == "nova" && $0.format == format && $0.publisherID == "p" })
        #expect(Set(sent.map(\.messageID)).count == 1 && Set(sent.map(\.timestamp)).count == 1)
    }

    @Test func aTopicThatFailsIsNamedAndTheOthersHaveIt() async throws {
        let driver = FakeNotificationDriver(failures: ["bad": MessagingError(.brokerUnavailable, "no broker")])
        let notifier = Notifier(driver: driver, publisherID: "p", topics: ["bad", "good"])
        let error = try await #require(throws: NotifierError.self) { try await notifier.notify(.info, "e") }
        #expect(error.failures.count == 1 && error.failures.first?.topic == "bad")
        #expect((error.failures.first?.reason as? MessagingError)?.code == .brokerUnavailable)
        #expect(error.description == "messagingv2 bad: broker-unavailable: no broker")
        #expect(driver.sent.withLock { $0.count } == 2)
    }
}
