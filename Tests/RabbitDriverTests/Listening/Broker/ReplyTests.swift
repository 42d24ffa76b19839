// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Names
import Testing
import Threads

@testable import RabbitDriver

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct ReplyTests {
    private func reply(_ queue: String, _ done: Inbox<Bool>) -> PendingReply {
        let content = PendingReply.Content.rpc(.result(.emptyObject), messageID: UniqueID().hexadecimal)
        return PendingReply(to: Name(queue), content) { result in
            if case .success = result { done.put(true) } else { done.put(false) }
        }
    }

    @Test func repliesToAMissingQueueArriveWhenItAppears() async throws {
        let (driver, peer, queue) = (try TestBroker.driver(), try await Peer(), TestBroker.uniqueName("reply"))
        driver.connections.start()
        let done = Inbox<Bool>()
        for _ in 0..<3 { driver.replySender.send(reply(queue, done)) }
        #expect(try await eventually { driver.replySender.waitingCount == 3 })
        try await peer.consume(queue)
        var identifiers: Set<[UInt8]> = []
        for _ in 0..<3 { identifiers.insert(try #require(await peer.next()).body) }
        #expect(identifiers.count == 3)
        #expect(try await done.next(3) == [true, true, true])
        #expect(driver.replySender.waitingCount == 0)
        await driver.shutdown(deadline: .seconds(5))
        await peer.close()
    }

    @Test func repliesToAQueueThatStaysMissingAreGivenUp() async throws {
        let driver = try TestBroker.driver(["kombu_missing_consumer_retry_timeout": "1"])
        let (queue, done) = (TestBroker.uniqueName("reply"), Inbox<Bool>())
        driver.connections.start()
        driver.replySender.send(reply(queue, done))
        #expect(try await done.next() == false)
        // The next one is dropped without a publish, although the queue would be there by now.
        let peer = try await Peer()
        try await peer.consume(queue)
        driver.replySender.send(reply(queue, done))
        #expect(try await done.next() == false)
        await driver.shutdown(deadline: .seconds(5))
        await peer.close()
    }

    @Test func withoutMandatoryNobodyLearnsThatTheQueueIsMissing() async throws {
        let driver = try TestBroker.driver(["direct_mandatory_flag": "false"])
        let done = Inbox<Bool>()
        driver.connections.start()
        driver.replySender.send(reply(TestBroker.uniqueName("reply"), done))
        #expect(try await done.next())
        await driver.shutdown(deadline: .seconds(5))
    }

    @Test func repliesThatWaitAreGivenUpAtTheShutdown() async throws {
        let (driver, done) = (try TestBroker.driver(), Inbox<Bool>())
        driver.connections.start()
        driver.replySender.send(reply(TestBroker.uniqueName("reply"), done))
        #expect(try await eventually { driver.replySender.waitingCount == 1 })
        await driver.shutdown(deadline: .seconds(5))
        #expect(try await done.next() == false)
    }
}
