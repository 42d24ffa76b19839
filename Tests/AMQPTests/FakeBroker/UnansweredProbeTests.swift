// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Names
import Testing
import Threads

@testable import AMQP

/// Probes that a broker leaves unanswered.
@Suite(.timeLimit(.minutes(1)))
struct UnansweredProbeTests {
    private static let probeOk = FakeBroker.method(.basicQosOk, arguments: [])

    @Test func aSlowAnswerDoesNotEndTheConnection() async throws {
        let broker = FakeBroker { peer in
            FakeBroker.read(.basicQos, from: peer)
            peer.pause(until: .now + .seconds(1))
            peer.write(Self.probeOk)
        }
        defer { broker.server.stop() }
        var configuration = broker.configuration
        configuration.operationTimeout = .milliseconds(100)
        let test = try await TestConnection(configuration)
        #expect(await test.connection.publish(routingKey: "x", proof: .probeAtOnce) == .passed)
        test.connection.abort()
    }

    @Test func aMethodBehindAnUnansweredProbeHasItsBound() async throws {
        let broker = FakeBroker { _ in }
        defer { broker.server.stop() }
        var configuration = broker.configuration
        configuration.operationTimeout = .milliseconds(200)
        let test = try await TestConnection(configuration)
        let (outcomes, told) = AsyncStream<PublishOutcome>.makeStream()
        test.connection.publish(
            PublishRequest(exchange: "", routingKey: "x", body: [], proof: .probeAtOnce) { told.yield($0) }
        )
        await #expect(throws: AMQPError.self) {
            try await test.connection.perform([.declareQueue(QueueDeclaration(name: "q"))])
        }
        #expect(await outcomes.first { _ in true }?.wasSent == true)
        #expect(await test.recorder.ending()?.code == .timedOut)
    }

    @Test func whatWasSentBeforeALossIsInDoubt() async throws {
        let broker = FakeBroker { peer in
            FakeBroker.read(.basicQos, from: peer)
            peer.end()
        }
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        let outcome = await test.connection.publish(routingKey: "x", proof: .probe)
        #expect(outcome.error?.code == .connectionLost)
        #expect(outcome.wasSent == true)
    }

    @Test func noMoreIsSentWithoutAnAnswerThanADeadlineAllows() async throws {
        let broker = FakeBroker { _ in }
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        let outcome = await test.connection.publish(routingKey: "x", proof: .probe, deadline: .now + .seconds(1))
        #expect(outcome.error?.code == .timedOut)
        #expect(outcome.wasSent == true)
        test.connection.abort()
    }

    @Test func aBlockedBrokerAnswersLater() async throws {
        let broker = FakeBroker { peer in
            FakeBroker.read(.basicQos, from: peer)
            peer.write(FakeBroker.method(.connectionBlocked, arguments: [0]))
            peer.pause(until: .now + .seconds(1))
            peer.write(FakeBroker.method(.connectionUnblocked, arguments: []) + Self.probeOk)
        }
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        async let outcome = test.connection.publish(routingKey: "x", proof: .probe)
        let reason = await test.recorder.first { event in if case .blocked(let reason) = event { reason } else { nil } }
        #expect(reason == "")
        #expect(await outcome == .passed)
        test.connection.abort()
    }
}
