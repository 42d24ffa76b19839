// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Names
import Testing

/// Publishes that are proven by probes, without confirms.
@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct ProbedPublishingTests {
    @Test(arguments: [PublishProof.probe, .probeAtOnce])
    func aMessageArrivesAndIsKnownToHavePassed(_ proof: PublishProof) async throws {
        let queue = TestBroker.uniqueName("probed")
        let test = try await TestConnection(
            channels: 2,
            setUp: [
                .declareQueue(QueueDeclaration(name: queue, isExclusive: true)), .consume(queue: queue, noAck: true),
            ]
        )
        for number in 0..<3 as Range<UInt8> {
            let outcome = await test.connection.publish(routingKey: queue, body: [number], proof: proof, on: 2)
            #expect(outcome == .passed)
            #expect(await test.recorder.deliveries(1).first?.body == [number])
        }
        await test.connection.close()
    }

    @Test func aLoneRefusedMessageIsKnownNotToBeTaken() async throws {
        let test = try await TestConnection()
        for proof in [PublishProof.probeAtOnce, .probe] {
            let missing = TestBroker.uniqueName("none")
            let outcome = await test.connection.publish(exchange: missing, routingKey: "k", proof: proof)
            #expect(outcome.error?.code == .notFound)
            #expect(outcome.wasSent == false)
            #expect(await test.connection.publish(routingKey: "x", proof: proof) == .passed)
        }
        await test.connection.close()
    }

    @Test func whatIsSaidNotToBeTakenIsInNoQueue() async throws {
        let (queue, missing) = (TestBroker.uniqueName("probed"), TestBroker.uniqueName("none"))
        let test = try await TestConnection(
            channels: 2,
            setUp: [.declareQueue(QueueDeclaration(name: queue, isExclusive: true))]
        )
        let outcomes = await withTaskGroup(of: PublishOutcome.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let isWrong = number % 50 == 25
                    return await test.connection.publish(
                        exchange: isWrong ? missing : "",
                        routingKey: queue,
                        proof: .probe,
                        on: 2
                    )
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let taken = outcomes.count { $0 == .passed || $0.wasSent == true }
        let count = try await test.connection.perform([.declareQueue(QueueDeclaration(name: queue, isPassive: true))])
        guard case .queue(let found)? = count.first else { throw CancellationError() }
        #expect(found.messageCount <= taken)
        #expect(found.messageCount >= outcomes.count { $0 == .passed })
        for case .failed(let error, _) in outcomes { #expect(error.reply?.code == 404) }
        await test.connection.close()
    }

    @Test func oneChannelMayGoOnWithConfirms() async throws {
        let test = try await TestConnection()
        async let first = test.connection.publish(routingKey: "x", proof: .probe)
        async let second = test.connection.publish(routingKey: "x")
        let outcomes = await [first, second]
        // In which order they were sent is chance; once there are confirms they prove everything.
        #expect(outcomes[1] == .confirmed)
        #expect([.passed, .confirmed].contains(outcomes[0]))
        #expect(await test.connection.publish(routingKey: "x", proof: .probe) == .confirmed)
        await test.connection.close()
    }

    @Test func aCloseInOrderWaitsForTheProof() async throws {
        let test = try await TestConnection()
        async let outcome = test.connection.publish(routingKey: "x", proof: .probe)
        #expect(await test.connection.publish(routingKey: "x", proof: .probeAtOnce) == .passed)
        async let last = test.connection.publish(routingKey: "x", proof: .probe)
        #expect(await outcome == .passed)
        await test.connection.close()
        let end = await last
        #expect(end == .passed || end.wasSent == false)
    }
}
