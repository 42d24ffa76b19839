// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Logging
import Messaging
import Names
import Testing
import Threads

@testable import RabbitDriver

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct RPCListenerTests {
    private let topic = TestBroker.uniqueName("topic")
    private let inbox = Inbox<any IncomingMessage>()

    private func listen(_ driver: RabbitDriver) async throws -> any Listener {
        let listener = try driver.makeListener(on: Target(topic: topic, server: "s")) { [inbox] in inbox.put($0) }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        return listener
    }

    private func end(_ listener: any Listener, _ driver: RabbitDriver, _ peer: Peer) async throws {
        await listener.close(deadline: .seconds(5))
        await driver.shutdown(deadline: .seconds(5))
        for queue in [topic, "\(topic).s"] {
            try await peer.perform([.deleteQueue(Name(queue))])
        }
        await peer.close()
    }

    @Test func callsAreAnsweredToTheirReplyQueue() async throws {
        let (driver, peer, replies) = (try TestBroker.driver(), try await Peer(), TestBroker.uniqueName("reply"))
        let listener = try await listen(driver)
        try await peer.consume(replies)
        let id = UniqueID()
        try await peer.call("echo", on: "\(topic).s", replyQueue: replies, id: id)
        let message = try await inbox.next()
        #expect(message.request.method?.stringValue == "echo")
        #expect(!message.isFanout)
        let (first, second) = (message.acknowledge(), message.acknowledge())
        #expect(first)
        #expect(!second)
        let sent = await withCheckedContinuation { continuation in
            message.reply(.result(.null)) { continuation.resume(returning: $0) }
        }
        #expect(throws: Never.self) { try sent.get() }
        let reply = try #require(await peer.next())
        #expect(reply.properties.expiration == nil)
        #expect(reply.properties.deliveryMode == 2)
        #expect(reply.properties.headers?.isEmpty == true)
        #expect(try ReplyEnvelope(reply.body).messageID == id)
        try await end(listener, driver, peer)
        #expect(try await Peer().count(topic) == nil)
    }

    @Test func unreadableMessagesAreDroppedAndTheNextOneComes() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let listener = try await listen(driver)
        try await peer.publish(to: topic, Array("{not json".utf8))
        try await peer.publish(to: topic, Array("{}".utf8), properties: Properties(contentType: "text/plain"))
        try await peer.publish(to: topic, Array(#"{"method": "next", "args": {}}"#.utf8))
        let message = try await inbox.next()
        #expect(message.request.method?.stringValue == "next")
        _ = message.acknowledge()
        await listener.stop(deadline: .seconds(5))
        #expect(try await peer.count(topic) == 0)
        try await end(listener, driver, peer)
    }

    @Test func fanoutsComeThroughAQueueThatGoesWithTheListener() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let listener = try await listen(driver)
        let body = Array(#"{"method": "m", "args": {}}"#.utf8)
        #expect(try await peer.publish(to: "", exchange: "\(topic)_fanout", body) == .confirmed)
        let message = try await inbox.next()
        #expect(message.isFanout)
        _ = message.acknowledge()
        try await end(listener, driver, peer)
        // The exchange goes with its last queue.
        let after = try await Peer()
        let exchange = ExchangeDeclaration(name: "\(topic)_fanout", type: "fanout", isAutoDelete: true)
        try await after.perform([.declareExchange(exchange)])
        let outcome = try await after.publish(to: "", exchange: "\(topic)_fanout", body)
        #expect(outcome == .returned(replyCode: 312, replyText: "NO_ROUTE"))
        await after.close()
    }

    /// As after a loss that the broker does not know of: somebody else has the queue, and fanouts have to come all the same.
    @Test func aFanoutQueueThatTheBrokerKeepsFromUsGetsAnotherName() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let unique = UniqueID().hexadecimal
        let taken = "\(topic)_fanout_\(unique)"
        try await peer.consume(taken)
        let topology = ListeningTopology(
            topic: topic,
            server: "s",
            exchange: "x",
            unique: unique,
            options: driver.options
        )
        let fanouts = Inbox<Bool>()
        let listener = driver.makeListener(topology) { _, consumer, settlement in
            fanouts.put(consumer?.isOwn == true)
            _ = settlement.acknowledge()
        }
        listener.start()
        let isConsuming = try await eventually { listener.isConsuming }
        #expect(isConsuming)
        let outcome = try await peer.publish(to: "", exchange: "\(topic)_fanout", Array("{}".utf8))
        #expect(outcome == .confirmed)
        #expect(try await fanouts.next())
        try await end(listener, driver, peer)
    }

    @Test func fanoutsComeThroughAStreamThatStays() async throws {
        let options = [
            "rabbit_stream_fanout": "true", "rabbit_transient_quorum_queue": "true", "rabbit_qos_prefetch_count": "10",
        ]
        let (driver, peer) = (try TestBroker.driver(options), try await Peer())
        let listener = try await listen(driver)
        let body = Array(#"{"method": "m", "args": {}}"#.utf8)
        for _ in 0..<25 {
            #expect(try await peer.publish(to: "", exchange: "\(topic)_fanout", body) == .confirmed)
            let message = try await inbox.next()
            #expect(message.isFanout)
            _ = message.acknowledge()
        }
        await listener.close(deadline: .seconds(5))
        #expect(try await peer.count("\(topic)_fanout") != nil)
        try await peer.perform([.deleteQueue("\(topic)_fanout")])
        try await end(listener, driver, peer)
    }

    @Test func messagesThatWereNotStartedGoBackAtTheStop() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let listener = try await listen(driver)
        for _ in 0..<5 { try await peer.publish(to: topic, Array(#"{"method": "m", "args": {}}"#.utf8)) }
        let messages = try await inbox.next(5)
        await listener.stop(deadline: .seconds(5))
        #expect(!listener.isConsuming)
        let taken = messages[..<2].map { $0.acknowledge() }
        #expect(taken == [true, true])
        messages[2].requeue()
        // The last two are neither: they go back with the connection.
        await listener.close(deadline: .seconds(5))
        #expect(try await peer.count(topic) == 3)
        try await end(listener, driver, peer)
    }

    @Test func noneOfManyMessagesIsLostByAStopInTheMiddle() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let done = Guarded(0)
        let (gate, topic) = (Inbox<Void>(), topic)
        let listener = try driver.makeListener(on: Target(topic: topic, server: "s")) { message in
            if message.acknowledge(),
                done.withLock({
                    $0 += 1; return $0 == 500
                })
            {
                gate.put(())
            }
        }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        let body = Array(#"{"method": "m", "args": {}}"#.utf8)
        async let published: Void = {
            for _ in 0..<5000 { try await peer.publish(to: topic, body) }
        }()
        try await gate.next()
        await listener.stop(deadline: .seconds(5))
        await listener.close(deadline: .seconds(5))
        let count = done.withLock { $0 }
        try await published
        let left = try #require(try await peer.count(topic))
        #expect(count < 5000)
        #expect(left + count == 5000)
        try await end(listener, driver, peer)
    }

    @Test func aDeletedQueueIsDeclaredAndConsumedAgain() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let listener = try await listen(driver)
        for queue in [topic, "\(topic).s", topic] {
            try await peer.perform([.deleteQueue(Name(queue))])
            let body = Array(#"{"method": "m", "args": {}}"#.utf8)
            #expect(try await eventually { try await peer.publish(to: queue, body) == .confirmed })
            let isTaken = try await inbox.next().acknowledge()
            #expect(isTaken)
        }
        try await end(listener, driver, peer)
    }

    @Test func aQueueDeletedUnderAStableListenerLeavesItsConnectionAlone() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        let topology = ListeningTopology(
            topic: topic,
            server: "s",
            exchange: "openstack",
            unique: "u",
            options: .init()
        )
        let settlements = Inbox<DeliverySettlement>()
        let listener = driver.makeListener(topology, stableAfter: .zero) { _, _, settlement in
            settlements.put(settlement)
        }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        try await peer.publish(to: "\(topic).s", [])
        let kept = try await settlements.next()
        try await peer.perform([.deleteQueue(Name(topic))])
        #expect(try await eventually { try await peer.publish(to: topic, []) == .confirmed })
        _ = try await settlements.next().acknowledge()
        // Still of the same connection, so it has not gone back.
        let isTaken = kept.acknowledge()
        #expect(isTaken)
        try await end(listener, driver, peer)
    }

    @Test func durableDeclarationsGiveWayToWhatTheBrokerHolds() async throws {
        let (driver, peer) = (try TestBroker.driver(["amqp_durable_queues": "true"]), try await Peer())
        let (exchange, topic) = (TestBroker.uniqueName("exchange"), topic)
        try await peer.perform([
            .declareExchange(ExchangeDeclaration(name: Name(exchange))),
            .declareQueue(QueueDeclaration(name: Name(topic))),
            .declareQueue(QueueDeclaration(name: "\(topic).s", isDurable: true)),
        ])
        let target = Target(exchange: exchange, topic: topic, server: "s")
        let listener = try driver.makeListener(on: target) { [inbox] in inbox.put($0) }
        listener.start()
        try await listener.waitUntilConsuming(deadline: .seconds(10))
        let body = Array(#"{"method": "m", "args": {}}"#.utf8)
        #expect(try await peer.publish(to: "\(topic).s", exchange: exchange, body) == .confirmed)
        let isTaken = try await inbox.next().acknowledge()
        #expect(isTaken)
        try await end(listener, driver, peer)
    }

    @Test func aQueueOfAnotherKindIsToldAtOnce() async throws {
        let (driver, peer) = (try TestBroker.driver(), try await Peer())
        try await peer.perform([.declareQueue(QueueDeclaration(name: Name(topic), arguments: ["x-max-length": 5]))])
        let listener = try driver.makeListener(on: Target(topic: topic, server: "s")) { _ in }
        listener.start()
        let error = await #expect(throws: MessagingError.self) {
            try await listener.waitUntilConsuming(deadline: .seconds(30))
        }
        #expect(error?.code == .brokerConfiguration)
        // Once it is gone the listener helps itself.
        try await peer.perform([.deleteQueue(Name(topic))])
        #expect(try await eventually { listener.isConsuming })
        try await end(listener, driver, peer)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct UnreachableBrokerTests {
    @Test func aListenerWithoutABrokerSaysSoAtTheDeadlineAndStopsAtOnce() async throws {
        let context = DriverRegistry.DriverContext(logger: .init(label: "test"))
        let driver = try RabbitDriver(url: TransportURL("rabbit://127.0.0.1:1/"), context: context)
        let listener = try driver.makeListener(on: Target(topic: "t", server: "s")) { _ in }
        listener.start()
        let error = await #expect(throws: MessagingError.self) {
            try await listener.waitUntilConsuming(deadline: .now.advanced(by: .milliseconds(100)))
        }
        #expect(error?.code == .brokerUnavailable)
        // The waits end with their deadlines even when the driver has ended before.
        await driver.shutdown(deadline: .seconds(5))
        let late = await #expect(throws: MessagingError.self) {
            try await listener.waitUntilConsuming(deadline: .now.advanced(by: .milliseconds(100)))
        }
        #expect(late?.code == .brokerUnavailable)
        await listener.close(deadline: .seconds(5))
        let stopped = await #expect(throws: MessagingError.self) {
            try await listener.waitUntilConsuming(deadline: .seconds(5))
        }
        #expect(stopped?.code == .shutdown)
    }

    @Test(arguments: [
        Target(topic: "t"), Target(server: "s"), Target(topic: "", server: "s"),
        Target(topic: String(repeating: "t", count: 230), server: "s"),
    ])
    func targetsThatCannotBeListenedOnAreRefused(_ target: Target) throws {
        let driver = try TestBroker.driver()
        let error = #expect(throws: MessagingError.self) { _ = try driver.makeListener(on: target) { _ in } }
        #expect(error?.code == .invalidTarget)
    }
}
