// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Logging
import Names
import Testing
import Threads

@testable import AMQP

@Suite(.timeLimit(.minutes(1)))
struct HostilePeerTests {
    private func failure(_ configuration: ConnectionConfiguration) async -> AMQPError? {
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let connection = try! Connection(configuration)
        if case .failure(let error) = await connection.start() { return error }
        connection.abort()
        return nil
    }

    private static var otherVersion: [UInt8] { Array("AMQP".utf8) + [0, 0, 8, 0] }

    private static var nestedStart: [UInt8] {
        var table: [UInt8] = [0, 0, 0, 0]
        for _ in 0..<2000 {
            var outer: [UInt8] = []
            outer.append(longBytes: [1, 0x61, 0x46] + table)
            table = outer
        }
        return FakeBroker.method(.connectionStart, arguments: [0, 9] + table + [0, 0, 0, 0, 0, 0, 0, 0])
    }

    private static let handshakes: [[UInt8]] = [
        otherVersion,
        nestedStart,
        Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8),
        [UInt8](repeating: 0, count: 64),
        [UInt8](repeating: 0xFF, count: 64),
        FakeBroker.frame(type: 1, channel: 0, []),
        FakeBroker.frame(type: 1, channel: 0, [0, 10, 0]),
        FakeBroker.frame(type: 1, channel: 0, [0, 10, 0, 10, 0, 9, 0xFF, 0xFF, 0xFF, 0xFF]),
        FakeBroker.frame(type: 1, channel: 0, [9, 9, 9, 9]),
        FakeBroker.frame(type: 2, channel: 1, [0]),
        FakeBroker.frame(type: 3, channel: 1, [1, 2, 3]),
        FakeBroker.frame(type: 1, channel: 700, [0, 10, 0, 10]),
        FakeBroker.method(.connectionOpenOk, arguments: [0]),
        FakeBroker.method(.connectionStart, arguments: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        FakeBroker.start + FakeBroker.start,
        FakeBroker.start
            + FakeBroker.method(.connectionTune, arguments: FakeBroker.tune(frameMaximum: 1, heartbeat: 0)),
        FakeBroker.start + FakeBroker.method(.connectionTune, arguments: [1]),
    ]

    @Test(arguments: 0..<handshakes.count) func malformedHandshakeIsATypedFailure(index: Int) async {
        let broker = FakeBroker.withoutHandshake({
            $0.write(Self.handshakes[index]); $0.end()
        })
        defer { broker.server.stop() }
        let error = await failure(broker.configuration)
        // A table nested thousands deep is passed over by the C library; what follows it is refused.
        #expect([.protocolViolation, .connectionLost, .authenticationFailed].contains(error?.code))
    }

    private static let afterOpening: [[UInt8]] = [
        FakeBroker.method(.queueDeclareOk, arguments: [0, 0, 0, 0, 0, 0, 0, 0, 0]),
        FakeBroker.frame(type: 1, channel: 1, [0, 60]),
        FakeBroker.frame(type: 2, channel: 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        FakeBroker.frame(type: 2, channel: 1, [0, 60, 0]),
        FakeBroker.frame(type: 3, channel: 1, [1]),
        FakeBroker.frame(type: 3, channel: 2, [1]),
        FakeBroker.frame(type: 1, channel: 1, [0, 60, 0, 60, 255, 1]),
        [1, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF],
        [1, 0, 1, 0, 0, 0, 1, 0, 0],
        delivery + delivery,
        delivery
            + FakeBroker.frame(
                type: 2,
                channel: 1,
                [0, 60, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]
            ),
        delivery + FakeBroker.frame(type: 2, channel: 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
            + FakeBroker.frame(type: 3, channel: 1, [1, 2]),
        delivery + FakeBroker.frame(type: 2, channel: 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xFE, 9]),
    ]

    private static var delivery: [UInt8] {
        FakeBroker.method(.basicDeliver, arguments: [1, 0x31, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
    }

    @Test(arguments: 0..<afterOpening.count) func malformedFrameEndsTheConnectionAsAViolation(index: Int) async throws {
        let broker = FakeBroker(afterOpening: { $0.write(Self.afterOpening[index]) })
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        #expect(await test.recorder.ending()?.code == .protocolViolation)
    }

    @Test func headersNestedWithoutEndAreCutOffAndTheConnectionGoesOn() async throws {
        var table: [UInt8] = [0, 0, 0, 0]
        for _ in 0..<15_000 {
            var outer: [UInt8] = []
            outer.append(bigEndian: UInt32(table.count + 3))
            table = outer + [1, 0x61, 0x46] + table
        }
        let header = FakeBroker.frame(type: 2, channel: 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0] + table)
        let broker = FakeBroker(afterOpening: { $0.write(Self.delivery + header + Self.delivery + header) })
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        #expect(await test.recorder.deliveries(2).count == 2)
        test.connection.abort()
    }

    @Test func confirmsOfThingsNeverPublishedAreIgnored() async throws {
        let broker = FakeBroker { peer in
            peer.write(FakeBroker.method(.basicAck, arguments: [0, 0, 0, 0, 0, 0, 0, 9, 0]))
            peer.write(FakeBroker.method(.basicNack, arguments: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]))
            peer.write(FakeBroker.method(.basicAck, arguments: [0, 0, 0, 0, 0, 0, 0, 0, 1]))
            FakeBroker.read(.confirmSelect, from: peer)
            peer.write(FakeBroker.method(.confirmSelectOk, arguments: []))
            FakeBroker.read(.basicPublish, from: peer)
            peer.write(FakeBroker.method(.basicAck, arguments: [0, 0, 0, 0, 0, 0, 0, 1, 0]))
        }
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        test.connection.abort()
    }

    @Test func unansweredMethodEndsTheConnectionAfterItsBound() async throws {
        let broker = FakeBroker { _ in }
        defer { broker.server.stop() }
        var configuration = broker.configuration
        configuration.operationTimeout = .milliseconds(200)
        let test = try await TestConnection(configuration)
        let error = await #expect(throws: AMQPError.self) {
            try await test.connection.perform([.qos(prefetchCount: 1)])
        }
        #expect(error?.code == .timedOut)
        #expect(await test.recorder.ending()?.code == .timedOut)
    }

    @Test func closeIsBoundedWhenThePeerDoesNotAnswer() async throws {
        let broker = FakeBroker { _ in }
        defer { broker.server.stop() }
        var configuration = broker.configuration
        configuration.closeTimeout = .milliseconds(200)
        let test = try await TestConnection(configuration)
        await test.connection.close()
        #expect(await test.recorder.ending() == nil)
    }

    @Test func blockedConnectionFailsPublishesAndGoesOnAfterwards() async throws {
        let broker = FakeBroker { peer in
            peer.write(FakeBroker.method(.connectionBlocked, arguments: [3] + Array("low".utf8)))
            FakeBroker.read(.basicAck, from: peer)
        }
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        let reason = await test.recorder.first { event in if case .blocked(let reason) = event { reason } else { nil } }
        #expect(reason == "low")
        let outcome = await test.connection.publish(routingKey: "x")
        #expect(outcome.error?.code == .blocked)
        #expect(outcome.wasSent == false)
        await #expect(throws: AMQPError.self) {
            try await test.connection.perform([.qos(prefetchCount: 1)])
        }
        test.connection.abort()
    }

    @Test func peerThatStopsReadingStopsNeitherReadingNorDeadlines() async throws {
        let broker = FakeBroker { peer in
            FakeBroker.read(.confirmSelect, from: peer)
            peer.write(FakeBroker.method(.confirmSelectOk, arguments: []))
            peer.pause(until: .now + .seconds(2))
            peer.write(FakeBroker.method(.connectionBlocked, arguments: [0]))
            peer.pause(until: .now + .seconds(20))
        }
        defer { broker.server.stop() }
        let test = try await TestConnection(broker.configuration)
        let body = [UInt8](repeating: 0, count: 4 << 20)
        let outcomes = await withTaskGroup(of: PublishOutcome.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await test.connection.publish(routingKey: "x", body: body, deadline: .now + .seconds(1))
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains { $0.error?.code == .timedOut && $0.wasSent == true })
        #expect(outcomes.contains { $0.error?.code == .expired && $0.wasSent == false })
        let reason = await test.recorder.first { event in if case .blocked(let reason) = event { reason } else { nil } }
        #expect(reason == "")
        test.connection.abort()
        _ = await test.recorder.ending()
    }
}
