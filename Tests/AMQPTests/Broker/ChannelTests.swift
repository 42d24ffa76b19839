// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Names
import Testing

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct ChannelTests {
    @Test func queuesAreDeclaredCountedBoundAndDeleted() async throws {
        let test = try await TestConnection()
        let queue = TestBroker.uniqueName("queue")
        let exchange = ExchangeDeclaration(name: TestBroker.uniqueName("bind"), isAutoDelete: true)
        let replies = try await test.connection.perform([
            .declareExchange(exchange), .declareQueue(QueueDeclaration(name: queue, arguments: ["x-expires": 60_000])),
            .bindQueue(queue, exchange: exchange.name, routingKey: "key"),
            .declareQueue(QueueDeclaration(name: queue, isPassive: true)),
        ])
        #expect(replies.last == .queue(DeclaredQueue(name: queue, messageCount: 0, consumerCount: 0)))
        let routed = await test.connection.publish(exchange: exchange.name, routingKey: "key", isMandatory: true)
        #expect(routed == .confirmed)
        let removed = try await test.connection.perform([.deleteQueue(queue)])
        #expect(removed == [.messageCount(1)])
        await test.connection.close()
    }

    @Test func refusedDeclarationTellsTheBrokersWordsAndTheChannelGoesOn() async throws {
        let test = try await TestConnection()
        let queue = QueueDeclaration(name: TestBroker.uniqueName("missing"), isPassive: true)
        let error = await #expect(throws: AMQPError.self) {
            try await test.connection.perform([.declareQueue(queue)])
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
        try await test.connection.perform([.declareExchange(declared)])
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

    @Test func publishToMissingExchangeClosesTheChannelAndIsKnownNotToBeTaken() async throws {
        let test = try await TestConnection()
        let outcome = await test.connection.publish(exchange: TestBroker.uniqueName("none"), routingKey: "k")
        #expect(outcome.error?.code == .notFound)
        #expect(outcome.error?.reply?.code == 404)
        #expect(outcome.error?.reply?.refused == .basicPublish)
        #expect(outcome.wasSent == false)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test func amongManyTheRefusedPublishIsNotKnown() async throws {
        let test = try await TestConnection()
        let missing = TestBroker.uniqueName("none")
        let outcomes = await withTaskGroup(of: PublishOutcome.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await test.connection.publish(exchange: number == 10 ? missing : "", routingKey: "k", body: [1])
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for case .failed(let error, _) in outcomes { #expect(error.reply?.code == 404) }
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test func aRefusalOnOneChannelLeavesTheOthersAlone() async throws {
        let test = try await TestConnection(channels: 3)
        let missing = TestBroker.uniqueName("none")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask { #expect(await test.connection.publish(routingKey: "x", on: 1) == .confirmed) }
                group.addTask {
                    let outcome = await test.connection.publish(exchange: missing, routingKey: "k", on: 2)
                    #expect(outcome.error?.reply?.code == 404)
                }
                group.addTask {
                    let queue = QueueDeclaration(name: missing, isPassive: true)
                    await #expect(throws: AMQPError.self) {
                        try await test.connection.perform([.declareQueue(queue)], on: 3)
                    }
                }
            }
        }
        await test.connection.close()
    }

    @Test func whatFollowsARefusedMethodIsNotCarriedOut() async throws {
        let test = try await TestConnection()
        let (queue, missing) = (TestBroker.uniqueName("after"), TestBroker.uniqueName("none"))
        let error = await #expect(throws: AMQPError.self) {
            try await test.connection.perform([
                .qos(prefetchCount: 1), .declareQueue(QueueDeclaration(name: missing, isPassive: true)),
                .declareQueue(QueueDeclaration(name: queue)),
            ])
        }
        #expect(error?.code == .notFound)
        #expect(error?.step == 1)
        #expect(error?.reply?.refused == .queueDeclare)
        await #expect(throws: AMQPError.self) {
            try await test.connection.perform([.declareQueue(QueueDeclaration(name: queue, isPassive: true))])
        }
        await test.connection.close()
    }

    @Test func acknowledgementOfAnEarlierChannelDoesNoHarm() async throws {
        let queue = TestBroker.uniqueName("stale")
        let test = try await TestConnection(setUp: [
            .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue),
        ])
        _ = await test.connection.publish(routingKey: queue)
        let delivery = try #require(await test.recorder.deliveries(1).first)
        _ = await test.connection.publish(exchange: TestBroker.uniqueName("none"), routingKey: "k")
        test.connection.acknowledge(deliveryTag: delivery.deliveryTag)
        try await test.connection.perform([.consume(queue: queue)])
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
        let test = try await TestConnection(setUp: [
            .declareQueue(QueueDeclaration(name: queue)), .consume(queue: queue, consumerTag: "mine"),
        ])
        try await test.connection.perform([.deleteQueue(queue)])
        let tag = await test.recorder.first { event in if case .cancelled(let tag) = event { tag } else { nil } }
        #expect(tag == "mine")
        await test.connection.close()
    }

    @Test func prefetchBoundsWhatIsUnacknowledged() async throws {
        let queue = TestBroker.uniqueName("prefetch")
        let test = try await TestConnection(setUp: [.declareQueue(QueueDeclaration(name: queue, isExclusive: true))])
        for number in 0..<6 as Range<UInt8> {
            #expect(await test.connection.publish(routingKey: queue, body: [number]) == .confirmed)
        }
        try await test.connection.perform([.qos(prefetchCount: 2), .consume(queue: queue)])
        let first = await test.recorder.deliveries(2)
        #expect(first.map(\.body) == [[0], [1]])
        test.connection.acknowledge(deliveryTag: first[1].deliveryTag, multiple: true)
        #expect(await test.recorder.deliveries(2).map(\.body) == [[2], [3]])
        await test.connection.close()
    }

    @Test func acknowledgementsTellWhetherTheirChannelIsGone() async throws {
        let queue = TestBroker.uniqueName("generation")
        let test = try await TestConnection(setUp: [
            .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue),
        ])
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
        let test = try await TestConnection(setUp: [
            .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue),
        ])
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
        let test = try await TestConnection(
            configuration,
            setUp: [.declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue)]
        )
        #expect(
            await test.connection.publish(routingKey: queue, body: [UInt8](repeating: 1, count: 300_000)) == .confirmed
        )
        #expect(await test.connection.publish(routingKey: queue, body: [2]) == .confirmed)
        #expect(await test.recorder.deliveries(1).map(\.body) == [[2]])
        await test.connection.close()
    }
}
