// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Names
import Testing
import Threads

@testable import RabbitDriver

@Suite(.enabled(if: TestBroker.hasControl), .timeLimit(.minutes(1)))
struct LostConnectionTests {
    @Test func aListenerThatIsRefusedLeavesNoConnectionBehind() async throws {
        let host = TestBroker.uniqueName("host")
        try #require(TestBroker.control("add_vhost \(host)"))
        defer { _ = TestBroker.control("delete_vhost \(host)") }
        try #require(TestBroker.control("set_permissions -p \(host) guest 'nothing' '.*' '.*'"))
        // Connections left behind would keep the one out that is let in.
        try #require(TestBroker.control(#"set_vhost_limits -p \#(host) '{"max-connections": 2}'"#))
        let driver = try TestBroker.driver(virtualHost: host)
        let listener = try driver.makeListener(on: Target(topic: "t", server: "s")) { _ in }
        listener.start()
        await #expect(throws: MessagingError.self) { try await listener.waitUntilConsuming(deadline: .seconds(5)) }
        // Takes about a second, in which the listener tries several times.
        try #require(TestBroker.control("set_permissions -p \(host) guest '.*' '.*' '.*'"))
        let deadline = Moment.now + .seconds(20)
        var isConsuming = false
        while !isConsuming, .now < deadline {
            do {
                try await listener.waitUntilConsuming(deadline: deadline)
                isConsuming = true
            } catch {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        #expect(isConsuming)
        await listener.close(deadline: .seconds(5))
        await driver.shutdown(deadline: .seconds(5))
    }

    @Test func everythingIsBackAfterTheBrokerHasClosedTheConnections() async throws {
        // A virtual host of its own: its connections can be closed without hurting other tests.
        let (host, inbox) = (TestBroker.uniqueName("host"), Inbox<any IncomingMessage>())
        try #require(TestBroker.control("add_vhost \(host)"))
        defer { _ = TestBroker.control("delete_vhost \(host)") }
        try #require(TestBroker.control("set_permissions -p \(host) guest '.*' '.*' '.*'"))
        let driver = try TestBroker.driver(virtualHost: host)
        let listener = try driver.makeListener(on: Target(topic: "t", server: "s")) { inbox.put($0) }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        let (before, replies) = (try await Peer(virtualHost: host), TestBroker.uniqueName("reply"))
        try await before.call("m", on: "t", replyQueue: replies)
        let held = try await inbox.next()
        try #require(TestBroker.control("close_all_connections -p \(host) test"))
        let again = try await inbox.next()
        #expect(!held.acknowledge())
        #expect(again.acknowledge())
        #expect(again.request.uniqueID == held.request.uniqueID)
        let peer = try await Peer(virtualHost: host)
        try await peer.consume(replies)
        let sent = await withCheckedContinuation { continuation in
            again.reply(.result(.null)) { continuation.resume(returning: $0) }
        }
        #expect(throws: Never.self) { try sent.get() }
        #expect(await peer.next() != nil)
        // The fanout queue is bound as it was.
        let fanout = Array(#"{"method": "f", "args": {}}"#.utf8)
        #expect(try await peer.publish(to: "", exchange: "t_fanout", fanout) == .confirmed)
        let isTaken = try await inbox.next().acknowledge()
        #expect(isTaken)
        await listener.close(deadline: .seconds(5))
        await driver.shutdown(deadline: .seconds(5))
        await peer.close()
    }
}
