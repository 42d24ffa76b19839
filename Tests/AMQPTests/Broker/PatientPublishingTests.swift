// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Names
import Testing
import Threads

/// Publishes of which nobody wants to know soon how they ended.
@Suite(.enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(1)))
struct PatientPublishingTests {
    /// A connection on which one more publish can wait: its channel confirms already.
    private func connection(_ configuration: ConnectionConfiguration = TestBroker.configuration) async throws
        -> Connection
    {
        let test = try await TestConnection(configuration)
        #expect(await test.connection.publish(routingKey: "nobody") == .confirmed)
        return test.connection
    }

    @Test(arguments: [PublishProof.confirm, .probe, .probeAtOnce])
    func itsWordComesWithoutAnythingElseComing(_ proof: PublishProof) async throws {
        let test = try await TestConnection()
        for _ in 0..<5 {
            let outcome = await test.connection.publish(routingKey: "nobody", proof: proof, isPatient: true)
            #expect(outcome == (proof == .confirm ? .confirmed : .passed))
        }
        await test.connection.close()
    }

    @Test func aReturnedMessageIsToldAtOnceAndTheRestOfTheChannelGoesOn() async throws {
        let connection = try await connection()
        for _ in 0..<3 {
            let outcome = await connection.publish(routingKey: "nobody", isMandatory: true, isPatient: true)
            #expect(outcome == .returned(replyCode: 312, replyText: "NO_ROUTE"))
            #expect(await connection.publish(routingKey: "nobody", isPatient: true) == .confirmed)
        }
        await connection.close()
    }

    @Test func oneInAHurryBehindItDoesNotWait() async throws {
        let connection = try await connection()
        async let patient = connection.publish(routingKey: "nobody", isPatient: true)
        #expect(await connection.publish(routingKey: "nobody") == .confirmed)
        #expect(await patient == .confirmed)
        try await connection.perform([
            .declareQueue(QueueDeclaration(name: TestBroker.uniqueName("patient"), isExclusive: true))
        ])
        await connection.close()
    }

    @Test func aCloseWaitsForItsConfirm() async throws {
        let connection = try await connection()
        async let outcome = connection.publish(routingKey: "nobody", isPatient: true)
        while connection.isOpen, await connection.publish(routingKey: "nobody", isPatient: true) != .confirmed {}
        await connection.close()
        #expect(await outcome == .confirmed)
    }

    @Test func theBrokersGoodbyeIsHeardWhileNothingElseIs() async throws {
        let recorder = Recorder()
        let connection = try Connection(TestBroker.configuration, delegate: recorder)
        try await connection.start().get()
        #expect(await connection.publish(routingKey: "nobody") == .confirmed)
        // The exchange is missing, so the channel is closed under the publish.
        let outcome = await connection.publish(
            exchange: TestBroker.uniqueName("missing"),
            routingKey: "k",
            isPatient: true
        )
        #expect(outcome.error?.code == .notFound)
        #expect(connection.isOpen)
        await connection.close()
    }

    @Test func heartbeatsAreReadInBetween() async throws {
        var configuration = TestBroker.configuration
        configuration.heartbeat = .seconds(1)
        let connection = try await connection(configuration)
        let end = Moment.now + .seconds(3)
        while Moment.now < end {
            #expect(await connection.publish(routingKey: "nobody", isPatient: true) == .confirmed)
        }
        #expect(connection.isOpen)
        await connection.close()
    }
}
