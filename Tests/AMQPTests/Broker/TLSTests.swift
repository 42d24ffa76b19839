// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Logging
import Names
import Testing

/// Needs a broker's TLS listener for `localhost`: its port, and the file of the authority that signed it.
@Suite(.enabled(if: TestBroker.hasTLS), .timeLimit(.minutes(1)))
struct TLSTests {
    private func configuration(_ tls: TLSConfiguration) -> ConnectionConfiguration {
        var configuration = TestBroker.configuration
        configuration.host = "localhost"
        configuration.port = TestBroker.environment("GATEWAY_TEST_TLS_PORT").flatMap(Int.init) ?? 5671
        configuration.tls = tls
        return configuration
    }

    private func failure(_ configuration: ConnectionConfiguration) async -> AMQPError? {
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let connection = try! Connection(configuration)
        if case .failure(let error) = await connection.start() { return error }
        connection.abort()
        return nil
    }

    @Test(arguments: [TLSConfiguration.Version.tls12, .tls13])
    func bodiesOfEverySizeArriveWhole(version: TLSConfiguration.Version) async throws {
        let queue = TestBroker.uniqueName("tls")
        let authority = TestBroker.environment("GATEWAY_TEST_TLS_CA")
        let tls = TLSConfiguration(caFile: authority, minimumVersion: version)
        let test = try await TestConnection(
            configuration(tls),
            setUp: [
                .declareQueue(QueueDeclaration(name: queue, isExclusive: true, arguments: ["x-expires": 60_000])),
                .consume(queue: queue, noAck: true),
            ]
        )
        let properties = Properties(
            contentType: "application/json",
            headers: ["a": 1],
            deliveryMode: 2,
            expiration: "60000"
        )
        for size in [0, 1, 16_376, 16_377, 2 * 16_376, 131_064, 4 << 20] {
            let body = [UInt8](repeating: 65, count: size)
            let outcome = await test.connection.publish(routingKey: queue, properties: properties, body: body)
            #expect(outcome == .confirmed)
            let delivery = await test.recorder.deliveries(1).first
            #expect(delivery?.body == body)
            #expect(delivery?.properties == properties)
        }
        let lost = await test.connection.publish(routingKey: TestBroker.uniqueName("nobody"), isMandatory: true)
        #expect(lost == .returned(replyCode: 312, replyText: "NO_ROUTE"))
        await test.connection.close()
        #expect(await test.recorder.ending() == nil)
    }

    @Test func unknownAuthorityIsTLSFailed() async {
        #expect(await failure(configuration(TLSConfiguration()))?.code == .tlsFailed)
    }

    @Test func addressThatTheCertificateHasIsGood() async {
        var configuration = configuration(TLSConfiguration(caFile: TestBroker.environment("GATEWAY_TEST_TLS_CA")))
        configuration.host = "127.0.0.4"
        #expect(await failure(configuration) == nil)
    }

    @Test func otherHostNameIsTLSFailedUnlessNotVerified() async {
        let authority = TestBroker.environment("GATEWAY_TEST_TLS_CA")
        var other = configuration(TLSConfiguration(caFile: authority))
        // The broker listens on the address; its certificate names only `localhost` and 127.0.0.4.
        other.host = "127.0.0.1"
        #expect(await failure(other)?.code == .tlsFailed)
        other.tls?.verifiesHostname = false
        #expect(await failure(other) == nil)
    }
}
