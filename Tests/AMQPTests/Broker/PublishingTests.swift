// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Names
import Testing
import Threads

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct PublishingTests {
    @Test func confirmedMessageArrivesAsItWasSent() async throws {
        let queue = TestBroker.uniqueName("publish")
        let test = try await TestConnection(setUp: [
            .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue, consumerTag: "1"),
        ])
        let properties = Properties(
            contentType: "application/json",
            contentEncoding: "utf-8",
            headers: [:],
            deliveryMode: 2,
            priority: 0,
            expiration: "60000"
        )
        let outcome = await test.connection.publish(routingKey: queue, properties: properties, body: Array("hi".utf8))
        #expect(outcome == .confirmed)
        let delivery = try #require(await test.recorder.deliveries(1).first)
        #expect(delivery.body == Array("hi".utf8))
        #expect(delivery.properties == properties)
        #expect(delivery.routingKey == queue && delivery.exchange.isEmpty && delivery.consumerTag == "1")
        test.connection.acknowledge(deliveryTag: delivery.deliveryTag)
        await test.connection.close()
        #expect(await test.recorder.ending() == nil)
    }

    @Test func bodiesOfEverySizeRoundTheFrameLimitArriveWhole() async throws {
        let queue = TestBroker.uniqueName("sizes")
        var configuration = TestBroker.configuration
        configuration.frameMaximum = 4096
        let test = try await TestConnection(
            configuration,
            setUp: [
                .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue, noAck: true),
            ]
        )
        let sizes = [0, 1, 4087, 4088, 4089, 2 * 4088, 3 * 4088 + 1, 1 << 20]
        for size in sizes {
            let body = [UInt8]((0..<size).lazy.map { UInt8(truncatingIfNeeded: $0 &* 31) })
            #expect(await test.connection.publish(routingKey: queue, body: body) == .confirmed)
            #expect(await test.recorder.deliveries(1).first?.body == body)
        }
        await test.connection.close()
    }

    @Test func eightMebibytesAndWholeFramesArriveWhole() async throws {
        let queue = TestBroker.uniqueName("large")
        let test = try await TestConnection(setUp: [
            .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue, noAck: true),
        ])
        for size in [131_064, 2 * 131_064, 8 << 20] {
            let body = [UInt8](repeating: 65, count: size)
            #expect(await test.connection.publish(routingKey: queue, body: body) == .confirmed)
            #expect(await test.recorder.deliveries(1).first?.body == body)
        }
        await test.connection.close()
    }

    @Test func mandatoryMessageWithoutQueueIsReturned() async throws {
        let test = try await TestConnection()
        let lost = TestBroker.uniqueName("nobody")
        let outcome = await test.connection.publish(routingKey: lost, isMandatory: true, body: [1, 2, 3])
        #expect(outcome == .returned(replyCode: 312, replyText: "NO_ROUTE"))
        #expect(await test.connection.publish(routingKey: lost) == .confirmed)
        await test.connection.close()
    }

    @Test(arguments: [PublishProof.confirm, .probe])
    func returnsAmongManyPublishesMeetTheRightOnes(_ proof: PublishProof) async throws {
        let taken: PublishOutcome = proof == .confirm ? .confirmed : .passed
        let queue = TestBroker.uniqueName("mixed")
        let test = try await TestConnection(setUp: [.declareQueue(QueueDeclaration(name: queue, isExclusive: true))])
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let isLost = number % 3 == 0
                    let outcome = await test.connection.publish(
                        routingKey: isLost ? "nobody-\(queue)" : queue,
                        isMandatory: true,
                        body: Array("\(number)".utf8),
                        proof: proof
                    )
                    return outcome != (isLost ? .returned(replyCode: 312, replyText: "NO_ROUTE") : taken)
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
        await test.connection.close()
    }

    @Test func fullQueueRejectsWithNack() async throws {
        let queue = TestBroker.uniqueName("full")
        let limits: FieldTable = ["x-max-length": 1, "x-overflow": "reject-publish"]
        let full = QueueDeclaration(name: queue, isExclusive: true, arguments: limits)
        let test = try await TestConnection(setUp: [.declareQueue(full)])
        #expect(await test.connection.publish(routingKey: queue) == .confirmed)
        var outcomes: [PublishOutcome] = []
        for _ in 0..<5 { outcomes.append(await test.connection.publish(routingKey: queue)) }
        #expect(outcomes.contains(.rejected))
        await test.connection.close()
    }

    @Test func exchangeIsDeclaredBeforeTheFirstPublish() async throws {
        let name = TestBroker.uniqueName("exchange")
        let test = try await TestConnection()
        let exchange = ExchangeDeclaration(name: name, type: "fanout", isAutoDelete: true)
        for _ in 0..<2 {
            let outcome = await test.connection.publish(exchange: name, routingKey: "", declaring: exchange)
            #expect(outcome == .confirmed)
        }
        await test.connection.close()
    }

    @Test func whatIsLookedForFirstIsNotMade() async throws {
        let exchange = ExchangeDeclaration(name: TestBroker.uniqueName("exchange"), type: "topic", isAutoDelete: true)
        let test = try await TestConnection()
        let outcome = await test.connection.publish(
            exchange: exchange.name,
            routingKey: "x",
            declaring: exchange,
            looksFirst: true
        )
        #expect(outcome.error?.code == .notFound && outcome.error?.reply?.refused == .exchangeDeclare)
        #expect(outcome.wasSent == false)
        // Had the publish made it, looking for it again would find it.
        let again = await test.connection.publish(
            exchange: exchange.name,
            routingKey: "x",
            declaring: exchange,
            looksFirst: true
        )
        #expect(again.error?.code == .notFound)
        try await test.connection.perform([.declareExchange(exchange)])
        let found = await test.connection.publish(
            exchange: exchange.name,
            routingKey: "x",
            declaring: exchange,
            looksFirst: true
        )
        #expect(found == .confirmed)
        await test.connection.close()
    }

    @Test func passedDeadlineIsNeverSent() async throws {
        let test = try await TestConnection()
        let outcome = await test.connection.publish(routingKey: "x", deadline: .now - .seconds(1))
        #expect(outcome.error?.code == .expired)
        #expect(outcome.wasSent == false)
        await test.connection.close()
    }

    @Test func requestThatCannotBeEncodedIsRefused() async throws {
        let test = try await TestConnection()
        let key = Name(String(repeating: "k", count: 256))
        #expect(await test.connection.publish(routingKey: key).error?.code == .invalidArgument)
        let headers: FieldTable = ["big": .string(String(repeating: "x", count: 140_000))]
        let outcome = await test.connection.publish(routingKey: "x", properties: Properties(headers: headers))
        #expect(outcome.error?.code == .invalidArgument)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test func fullOutboxRefusesAtOnce() async throws {
        var configuration = TestBroker.configuration
        configuration.outboxMaximumBytes = 10_000
        let test = try await TestConnection(configuration)
        let outcome = await test.connection.publish(routingKey: "x", body: [UInt8](repeating: 0, count: 10_000))
        #expect(outcome == .failed(try #require(outcome.error), wasSent: false))
        #expect(outcome.error?.code == .outboxFull)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test(.enabled(if: TestBroker.isOurs)) func blockedBrokerFailsUnwrittenPublishes() async throws {
        let test = try await TestConnection()
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        #expect(TestBroker.control("set_vm_memory_high_watermark absolute 1MB"))
        defer { _ = TestBroker.control("set_vm_memory_high_watermark absolute 1GB") }
        async let pending = test.connection.publish(routingKey: "x")
        let reason = await test.recorder.first { event in if case .blocked(let reason) = event { reason } else { nil } }
        #expect(reason != nil)
        #expect(test.connection.isBlocked)
        let refused = await test.connection.publish(routingKey: "x")
        #expect(refused.error?.code == .blocked)
        #expect(refused.wasSent == false)
        #expect(TestBroker.control("set_vm_memory_high_watermark absolute 1GB"))
        #expect(await pending == .confirmed)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        #expect(!test.connection.isBlocked)
        await test.connection.close()
    }

    @Test func aPublishersQueueIsDeclaredAndBoundOnceForTheLifeOfAChannel() async throws {
        let test = try await TestConnection()
        let exchange = ExchangeDeclaration(name: TestBroker.uniqueName("bind"), isAutoDelete: true)
        let queue = TestBroker.uniqueName("bound")
        let binding = QueueBinding(queue: QueueDeclaration(name: queue), bindingKey: "key")
        func publish(declaresAnew: Bool = false) async -> PublishOutcome {
            await test.connection.publish(
                exchange: exchange.name,
                routingKey: "key",
                isMandatory: true,
                declaring: exchange,
                binding: binding,
                declaresAnew: declaresAnew
            )
        }
        #expect(await publish() == .confirmed)
        let replies = try await test.connection.perform([.deleteQueue(queue), .declareExchange(exchange)])
        #expect(replies.first == .messageCount(1))
        #expect(await publish() == .returned(replyCode: 312, replyText: "NO_ROUTE"))
        #expect(await publish(declaresAnew: true) == .confirmed)
        #expect(await publish() == .confirmed)
        try await test.connection.perform([.deleteQueue(queue)])
        await test.connection.close()
    }
}
