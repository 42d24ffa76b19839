// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Logging
import Names
import Testing
import Threads

@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct ConnectionLifeTests {
    private func failure(_ configuration: ConnectionConfiguration) async -> AMQPError? {
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let connection = try! Connection(configuration)
        guard case .failure(let error) = await connection.start() else {
            connection.abort()
            return nil
        }
        return error
    }

    @Test func wrongPasswordIsAuthenticationFailed() async {
        var configuration = TestBroker.configuration
        configuration.password = "wrong"
        let error = await failure(configuration)
        #expect(error?.code == .authenticationFailed)
        #expect(error?.reply?.code == 403)
        #expect(error?.isRetriable == false)
    }

    @Test func unknownVirtualHostIsNotAllowed() async {
        var configuration = TestBroker.configuration
        configuration.virtualHost = TestBroker.uniqueName("vhost").text
        let error = await failure(configuration)
        #expect(error?.code == .notAllowed)
        #expect(error?.reply?.code == 530)
    }

    @Test func missingPermissionIsAccessRefused() async throws {
        let test = try await TestConnection()
        let error = await #expect(throws: AMQPError.self) {
            try await test.connection.perform([.declareExchange(ExchangeDeclaration(name: "amq.not-ours"))])
        }
        #expect(error?.code == .accessRefused)
        await test.connection.close()
    }

    @Test func whoeverHasLeftACommandIsToldOfAnAbort() async throws {
        for _ in 0..<20 {
            let connection = try await TestConnection().connection
            await withCheckedContinuation { continuation in
                connection.perform([.qos(prefetchCount: 1)]) { _ in
                    continuation.resume()
                }
                connection.abort()
            }
        }
    }

    @Test func resetConnectionFailsWhatIsPendingAndEndsOnce() async throws {
        var configuration = TestBroker.configuration
        let forwarder = Forwarder(to: configuration.port)
        configuration.port = forwarder.port
        let test = try await TestConnection(configuration)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        forwarder.hang()
        async let pending = test.connection.publish(routingKey: "x")
        async let late = test.connection.publish(routingKey: "x", deadline: .now + .milliseconds(100))
        let expired = await late
        #expect(expired.error?.code == .timedOut)
        #expect(expired.wasSent == true)
        forwarder.reset()
        let outcome = await pending
        #expect(outcome.error?.code == .connectionLost)
        #expect(outcome.wasSent == true)
        #expect(await test.recorder.ending()?.code == .connectionLost)
        #expect(await test.connection.publish(routingKey: "x").wasSent == false)
    }

    @Test func hungPeerIsNoticedByMissedHeartbeats() async throws {
        var configuration = TestBroker.configuration
        let forwarder = Forwarder(to: configuration.port)
        configuration.port = forwarder.port
        configuration.heartbeat = .seconds(1)
        let test = try await TestConnection(configuration)
        forwarder.hang()
        let began = Moment.now
        #expect(await test.recorder.ending()?.code == .heartbeatMissed)
        #expect(began.duration(to: .now) < .seconds(30))
        forwarder.reset()
    }

    @Test func aPeerThatHangsWhileItOwesAConfirmIsNoticedLongBefore() async throws {
        var configuration = TestBroker.configuration
        let forwarder = Forwarder(to: configuration.port)
        configuration.port = forwarder.port
        configuration.silenceLimit = .milliseconds(500)
        let test = try await TestConnection(configuration)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        forwarder.hang()
        let began = Moment.now
        let outcome = await test.connection.publish(routingKey: "x")
        #expect(outcome.error?.code == .heartbeatMissed && outcome.wasSent == true)
        #expect(began.duration(to: .now) < .seconds(5))
        forwarder.reset()
    }

    @Test func whoeverCanAskElsewhereIsToldOfASilentBroker() async throws {
        var configuration = TestBroker.configuration
        let forwarder = Forwarder(to: configuration.port)
        configuration.port = forwarder.port
        configuration.silenceLimit = .milliseconds(500)
        let (asked, ask) = AsyncStream<ConnectionConfiguration>.makeStream()
        let connection = Connection(
            to: BrokerCandidates([configuration], isSilent: { ask.yield($0) }),
            loop: try .shared(),
            logger: Logger(label: "test"),
            delegate: nil
        )
        try await connection.start().get()
        forwarder.hang()
        async let outcome = connection.publish(routingKey: "x")
        #expect(await asked.first { _ in true }?.port == forwarder.port)
        #expect(await outcome.error?.code == .heartbeatMissed)
        forwarder.reset()
    }

    /// The limit itself is far away.
    @Test func aPeerThatAnswersOthersAndNotThisOneIsGivenUpSooner() async throws {
        var configuration = TestBroker.configuration
        let forwarder = Forwarder(to: configuration.port)
        configuration.port = forwarder.port
        configuration.silenceLimit = .seconds(30)
        let test = try await TestConnection(configuration, channels: 2)
        forwarder.hang()
        let began = Moment.now
        async let outcome = test.connection.publish(routingKey: "x")
        var other = configuration
        other.port = 1
        test.connection.challenge(other)
        test.connection.challenge(configuration)
        #expect(await outcome.error?.code == .heartbeatMissed)
        #expect(began.duration(to: .now) < .seconds(29))
        forwarder.reset()
    }

    @Test func aChallengeIsAnswered() async throws {
        var configuration = TestBroker.configuration
        configuration.silenceLimit = .seconds(2)
        let test = try await TestConnection(configuration)
        for _ in 0..<3 {
            test.connection.challenge(configuration)
            // Behind the question, on the same channel.
            try await test.connection.perform([.qos(prefetchCount: 1)])
            // Longer than an answer may take.
            try await Task.sleep(for: .milliseconds(500))
        }
        #expect(test.connection.isOpen)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test func aConnectionThatWasIdleForLongIsNoSilentOne() async throws {
        var configuration = TestBroker.configuration
        configuration.silenceLimit = .seconds(1)
        let test = try await TestConnection(configuration)
        for _ in 0..<4 {
            #expect(await test.connection.publish(routingKey: "x", deadline: .now + .seconds(5)) == .confirmed)
            // Longer than the limit.
            try await Task.sleep(for: .milliseconds(1_100))
        }
        #expect(test.connection.isOpen)
        await test.connection.close()
    }

    @Test func idleConnectionIsKeptAliveByHeartbeats() async throws {
        var configuration = TestBroker.configuration
        configuration.heartbeat = .seconds(1)
        let test = try await TestConnection(configuration)
        // The broker closes after two silent intervals; a third shows that both sides were heard.
        try await Task.sleep(for: .seconds(3.5))
        #expect(test.connection.isOpen)
        #expect(await test.connection.publish(routingKey: "x") == .confirmed)
        await test.connection.close()
    }

    @Test(.enabled(if: TestBroker.hasControl)) func connectionClosedByTheBrokerTellsItsReason() async throws {
        var configuration = TestBroker.configuration
        configuration.connectionName = TestBroker.uniqueName("closed").text
        let test = try await TestConnection(configuration)
        let query =
            "eval 'rabbit_networking:close_connections([P || [{pid,P},{client_properties,C}] <- "
            + "rabbit_networking:connection_info_all([pid,client_properties]), "
            + "lists:keyfind(<<\"connection_name\">>,1,C) =:= "
            + "{<<\"connection_name\">>,longstr,<<\"\(configuration.connectionName)\">>}],\"maintenance\").'"
        #expect(TestBroker.control(query))
        let error = await test.recorder.ending()
        #expect(error?.code == .connectionClosed)
        #expect(error?.reply?.code == 320)
        #expect(error?.isRetriable == true)
    }

    @Test func closeWaitsForOutstandingConfirms() async throws {
        let test = try await TestConnection()
        await withTaskGroup(of: PublishOutcome.self) { group in
            for _ in 0..<200 { group.addTask { await test.connection.publish(routingKey: "x") } }
            for await outcome in group { #expect(outcome == .confirmed) }
        }
        await test.connection.close()
        #expect(await test.recorder.ending() == nil)
        #expect(await test.connection.publish(routingKey: "x").error?.code == .connectionClosed)
        await test.connection.close()
    }

    @Test func abortEndsAtOnce() async throws {
        let test = try await TestConnection()
        test.connection.abort()
        #expect(await test.recorder.ending() == nil)
        #expect(!test.connection.isOpen)
    }
}
