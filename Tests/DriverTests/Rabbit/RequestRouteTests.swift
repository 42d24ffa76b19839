// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import RabbitDriver
import Testing

/// Requests that go to their queue by its name.
@Suite(.timeLimit(.minutes(1)), .enabled(if: DriverKind.available.contains(.rabbit)))
struct RequestRouteTests {
    /// A driver whose control exchange has no bindings, beside a server on the usual one.
    private func beside(
        _ route: RequestRoute,
        _ test: (_ server: Bench, _ driver: RabbitDriver, _ exchange: String) async throws -> Void
    ) async throws {
        try await Bench.run(.rabbit) { bench in
            let exchange = "unbound-\(UniqueID().hexadecimal)"
            let driver = try RabbitDriver(
                url: try DriverKind.rabbitURL(),
                context: DriverRegistry.DriverContext(controlExchange: exchange, logger: .quiet),
                settings: RabbitDriver.Settings(requestRoute: route)
            )
            driver.start()
            do {
                try await test(bench, driver, exchange)
            } catch {
                await driver.shutdown(deadline: bench.soon)
                throw error
            }
            await driver.shutdown(deadline: bench.soon)
        }
    }

    private func target(_ bench: Bench, _ exchange: String? = nil, server: String? = nil) -> Target {
        Target(exchange: exchange, topic: bench.topic, server: server)
    }

    @Test func theQueueIsReachedWithoutItsExchange() async throws {
        try await beside(.queue) { bench, driver, exchange in
            let seen = Channel<String>()
            try await bench.serve {
                seen.send($0.method?.stringValue ?? "")
                return .result($0.arguments ?? .null)
            }
            for server in [nil, "s"] {
                for named in [nil, exchange] {
                    let target = target(bench, named, server: server)
                    _ = try await driver.call(bench.request(target, "call"))
                    try await driver.cast(bench.request(target, "cast"))
                }
            }
            try await driver.cast(bench.request(bench.target(isFanout: true), "fanout"))
            #expect(
                await seen.next(9).sorted() == ["call", "cast"].flatMap { Array(repeating: $0, count: 4) } + ["fanout"]
            )
        }
    }

    @Test(arguments: RequestRoute.allCases)
    func anotherExchangeKeepsItsMeaning(_ route: RequestRoute) async throws {
        try await beside(route) { bench, driver, _ in
            try await bench.serve { .result($0.arguments ?? .null) }
            let target = target(bench, "other-\(UniqueID().hexadecimal)")
            let call = await code { () throws(MessagingError) in _ = try await driver.call(bench.request(target)) }
            let cast = await code { () throws(MessagingError) in try await driver.cast(bench.request(target)) }
            #expect(call == .undeliverable && cast == .undeliverable)
            _ = try await driver.call(bench.request(self.target(bench, "openstack")))
        }
    }

    @Test func theBrokersOwnNamesAreNoQueues() async throws {
        try await beside(.queue) { bench, driver, _ in
            try await bench.serve { .result($0.arguments ?? .null) }
            try await withThrowingTaskGroup { group in
                for number in 0..<50 {
                    group.addTask { _ = try await driver.call(bench.request()) }
                    group.addTask {
                        let target = Target(topic: "amq.rabbitmq.reply-to.abc.\(number)")
                        let failure = await code { () throws(MessagingError) in
                            try await driver.cast(bench.request(target))
                        }
                        #expect(failure == .undeliverable)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aMissingQueueIsToldAtOnce() async throws {
        try await beside(.queue) { bench, driver, _ in
            for server in [nil, "s"] {
                let request = bench.request(target(bench, server: server))
                do throws(MessagingError) {
                    _ = try await driver.call(request)
                    Issue.record("a call to nobody succeeded")
                } catch {
                    #expect(error.code == .undeliverable && error.execution == .no)
                }
                let cast = await code { () throws(MessagingError) in try await driver.cast(request) }
                #expect(cast == .undeliverable)
            }
        }
    }
}
