//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import AMQP
import Testing

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct ChannelTests {
    @Test func queuesAreDeclaredCountedBoundAndDeleted() async throws {
        let test = try await TestConnection()
        let queue = TestBroker.uniqueName("queue")
        let exchange = ExchangeDeclaration(name: TestBroker.uniqueName("bind"), isAutoDelete: true)
        let declared = try await test.connection.perform { (channel) throws(AMQPError) in
            try channel.declareExchange(exchange)
            try channel.declareQueue(QueueDeclaration(name: queue, arguments: ["x-expires": 60_000]))
            try channel.bindQueue(queue, exchange: exchange.name, routingKey: "key")
            return try channel.declareQueue(QueueDeclaration(name: queue, isPassive: true))
        }
        #expect(declared == DeclaredQueue(name: queue, messageCount: 0, consumerCount: 0))
        let routed = await test.connection.publish(exchange: exchange.name, routingKey: "key", isMandatory: true)
        #expect(routed == .confirmed)
        let removed = try await test.connection.perform { (channel) throws(AMQPError) in
            try channel.unbindQueue(queue, exchange: exchange.name, routingKey: "key")
            return try channel.deleteQueue(queue)
        }
        #expect(removed == 1)
        await test.connection.close()
    }

    @Test func refusedDeclarationTellsTheBrokersWordsAndTheChannelGoesOn() async throws {
        let test = try await TestConnection()
        let queue = QueueDeclaration(name: TestBroker.uniqueName("missing"), isPassive: true)
        let error = await #expect(throws: AMQPError.self) {
            try await test.connection.perform { (channel) throws(AMQPError) in try channel.declareQueue(queue) }
        }
        #expect(error?.code == .notFound)
        #expect(error?.reply?.code == 404)
        let told = await test.recorder.first { event in if case .channelClosed(let error) = event { error } else { nil }
        }
        #expect(told?.code == .notFound)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test func inequivalentExchangeFailsThePublishUnsent() async throws {
        let test = try await TestConnection()
        let declared = ExchangeDeclaration(name: TestBroker.uniqueName("durable"), isAutoDelete: true)
        try await test.connection.perform { (channel) throws(AMQPError) in try channel.declareExchange(declared) }
        var other = declared
        other.isDurable = true
        let outcome = await test.connection.publish(exchange: declared.name, routingKey: "k", declaring: other)
        #expect(outcome.error?.code == .preconditionFailed)
        #expect(outcome.error?.reply?.code == 406)
        #expect(outcome.wasSent == false)
        let second = await test.connection.publish(exchange: declared.name, routingKey: "k", declaring: declared)
        #expect(second == .confirmed)
        await test.connection.close()
    }

    @Test func publishToMissingExchangeClosesTheChannelAndFailsAsSent() async throws {
        let test = try await TestConnection()
        let outcome = await test.connection.publish(exchange: TestBroker.uniqueName("none"), routingKey: "k")
        #expect(outcome.error?.code == .channelClosed)
        #expect(outcome.error?.reply?.code == 404)
        #expect(outcome.wasSent == true)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test func acknowledgementOfAnEarlierChannelDoesNoHarm() async throws {
        let queue = TestBroker.uniqueName("stale")
        let test = try await TestConnection { (channel) throws(AMQPError) in
            try channel.declareQueue(QueueDeclaration(name: queue, isExclusive: true))
            try channel.consume(queue: queue)
        }
        _ = await test.connection.publish(routingKey: queue)
        let delivery = try #require(await test.recorder.deliveries(1).first)
        _ = await test.connection.publish(exchange: TestBroker.uniqueName("none"), routingKey: "k")
        test.connection.acknowledge(deliveryTag: delivery.deliveryTag)
        try await test.connection.perform { (channel) throws(AMQPError) in try channel.consume(queue: queue) }
        let again = try #require(
            await test.recorder.first { event -> Delivery? in
                if case .deliveries(let batch) = event { batch.first } else { nil }
            }
        )
        #expect(again.isRedelivered)
        #expect(again.deliveryTag > delivery.deliveryTag)
        test.connection.acknowledge(deliveryTag: again.deliveryTag)
        await test.connection.close()
    }

    @Test func deletedQueueCancelsItsConsumer() async throws {
        let queue = TestBroker.uniqueName("cancel")
        let test = try await TestConnection { (channel) throws(AMQPError) in
            try channel.declareQueue(QueueDeclaration(name: queue))
            try channel.consume(queue: queue, consumerTag: "mine")
        }
        try await test.connection.perform { (channel) throws(AMQPError) in try channel.deleteQueue(queue) }
        let tag = await test.recorder.first { event in if case .cancelled(let tag) = event { tag } else { nil } }
        #expect(tag == "mine")
        await test.connection.close()
    }

    @Test func prefetchBoundsWhatIsUnacknowledged() async throws {
        let queue = TestBroker.uniqueName("prefetch")
        let test = try await TestConnection { (channel) throws(AMQPError) in
            try channel.declareQueue(QueueDeclaration(name: queue, isExclusive: true))
        }
        for number in 0..<6 as Range<UInt8> {
            #expect(await test.connection.publish(routingKey: queue, body: [number]) == .confirmed)
        }
        try await test.connection.perform { (channel) throws(AMQPError) in
            try channel.qos(prefetchCount: 2)
            try channel.consume(queue: queue)
        }
        let first = await test.recorder.deliveries(2)
        #expect(first.map(\.body) == [[0], [1]])
        test.connection.acknowledge(deliveryTag: first[1].deliveryTag, multiple: true)
        #expect(await test.recorder.deliveries(2).map(\.body) == [[2], [3]])
        await test.connection.close()
    }

    @Test func acknowledgementsTellWhetherTheirChannelIsGone() async throws {
        let queue = TestBroker.uniqueName("generation")
        let test = try await TestConnection { (channel) throws(AMQPError) in
            try channel.declareQueue(QueueDeclaration(name: queue, isExclusive: true))
            try channel.consume(queue: queue)
        }
        for _ in 0..<2 { _ = await test.connection.publish(routingKey: queue) }
        let deliveries = await test.recorder.deliveries(2)
        let isTaken = test.connection.acknowledge(deliveryTag: deliveries[0].deliveryTag)
        #expect(isTaken)
        _ = await test.connection.publish(exchange: TestBroker.uniqueName("none"), routingKey: "k")
        let isTakenOnNextChannel = test.connection.acknowledge(deliveryTag: deliveries[1].deliveryTag)
        #expect(!isTakenOnNextChannel)
        await test.connection.close()
        let isTakenAfterClose = test.connection.acknowledge(deliveryTag: 1000)
        #expect(!isTakenAfterClose)
    }

    @Test(arguments: [40, 250]) func headersNestedDeeplyEndNothing(depth: Int) async throws {
        let queue = TestBroker.uniqueName("nested")
        let test = try await TestConnection { (channel) throws(AMQPError) in
            try channel.declareQueue(QueueDeclaration(name: queue, isExclusive: true))
            try channel.consume(queue: queue)
        }
        var table: FieldTable = [:]
        for _ in 0..<depth { table = ["a": .table(table)] }
        #expect(await test.connection.publish(routingKey: queue, properties: Properties(headers: table)) == .confirmed)
        #expect(await test.connection.publish(routingKey: queue, body: [2]) == .confirmed)
        #expect(await test.recorder.deliveries(2).map(\.body) == [[], [2]])
        await test.connection.close()
    }

    @Test func bodyAboveTheLimitIsDroppedAndTheNextOneComes() async throws {
        let queue = TestBroker.uniqueName("bound")
        var configuration = TestBroker.configuration
        configuration.maximumBodyBytes = 200_000
        let test = try await TestConnection(configuration) { (channel) throws(AMQPError) in
            try channel.declareQueue(QueueDeclaration(name: queue, isExclusive: true))
            try channel.consume(queue: queue)
        }
        #expect(
            await test.connection.publish(routingKey: queue, body: [UInt8](repeating: 1, count: 300_000)) == .confirmed
        )
        #expect(await test.connection.publish(routingKey: queue, body: [2]) == .confirmed)
        #expect(await test.recorder.deliveries(1).map(\.body) == [[2]])
        await test.connection.close()
    }
}
