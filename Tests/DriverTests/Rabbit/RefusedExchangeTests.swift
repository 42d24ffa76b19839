// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import RabbitDriver
import Testing

@Suite(.timeLimit(.minutes(2)), .enabled(if: DriverKind.hasControl))
struct RefusedExchangeTests {
    @Test func aRefusalIsRememberedSoThatItHurtsNobodyElse() async throws {
        try await Bench.run(.rabbit) { bench in
            let user = "user\(UniqueID().hexadecimal)"
            let secret = "secret\(UniqueID().hexadecimal)"
            try #require(DriverKind.control("add_user \(user) pass"))
            try #require(DriverKind.control("set_permissions -p / \(user) '.*' '^(?!secret).*' '.*'"))
            // Its listener declares the exchange.
            let target = Target(exchange: secret, topic: bench.topic, server: "s")
            let listener = try bench.driver.makeListener(on: target) { _ in }
            listener.start()
            try await listener.waitUntilConsuming(deadline: bench.soon)
            let restricted = try DriverKind.makeRabbitDriver(user: "\(user):pass")
            restricted.start()
            let answering = Bench(driver: restricted)
            try await answering.serve { .result($0.arguments ?? .null) }
            let message = PlainMessage(body: [1])
            let request = PlainRequest(exchange: secret, routingKey: "k", message: message, timeout: .seconds(20))
            let first = await code { () throws(MessagingError) in try await restricted.send(request) }
            #expect(first == .brokerConfiguration)
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        let again = await code { () throws(MessagingError) in try await restricted.send(request) }
                        #expect(again == .brokerConfiguration)
                    }
                    group.addTask { _ = try await restricted.call(answering.request()) }
                }
                try await group.waitForAll()
            }
            await restricted.shutdown(deadline: bench.soon)
            _ = DriverKind.control("delete_user \(user)")
        }
    }
}
