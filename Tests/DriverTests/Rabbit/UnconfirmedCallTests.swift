// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import RabbitDriver
import Testing

/// Calls without the broker's confirms, on either route.
@Suite(.timeLimit(.minutes(1)), .enabled(if: DriverKind.available.contains(.rabbit)))
struct UnconfirmedCallTests {
    private func run(_ route: RequestRoute, _ test: (Bench) async throws -> Void) async throws {
        let settings = RabbitDriver.Settings(requestRoute: route, confirmsCalls: false)
        try await Bench.run(DriverKind.makeRabbitDriver(settings), test)
    }

    /// Has each of many attempts made beside a call of a victim, which has to succeed.
    private func besideVictims(
        _ route: RequestRoute,
        _ attempt: @escaping @Sendable (_ bench: Bench, _ number: Int) async throws -> Void
    ) async throws {
        try await run(route) { bench in
            try await bench.serve { .result($0.arguments ?? .null) }
            try await withThrowingTaskGroup { group in
                for number in 0..<300 {
                    group.addTask { _ = try await bench.driver.call(bench.request()) }
                    group.addTask { try await attempt(bench, number) }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: RequestRoute.allCases)
    func manyCallsOfEverySizeAndCastsBetweenThemFindTheirWay(_ route: RequestRoute) async throws {
        try await run(route) { bench in
            try await bench.serve { .result($0.arguments ?? .null) }
            try await withThrowingTaskGroup { group in
                for number in 0..<600 {
                    group.addTask {
                        let text =
                            #"{"number": \#(number), "x": "\#(String(repeating: "x", count: number % 7 * 999))"}"#
                        let arguments = try JSONText(text)
                        guard number % 5 > 0 else {
                            try await bench.driver.cast(bench.request(nil, "m", arguments))
                            return
                        }
                        #expect(try await bench.driver.call(bench.request(nil, "m", arguments)).result == arguments)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: RequestRoute.allCases)
    func callsToNobodyAreToldAtOnceAndHurtNobody(_ route: RequestRoute) async throws {
        try await besideVictims(route) { bench, number in
            let nobody = bench.request(Target(topic: "nobody-\(bench.topic)-\(number % 7)"))
            do throws(MessagingError) {
                _ = try await bench.driver.call(nobody)
                Issue.record("a call to nobody succeeded")
            } catch {
                #expect(error.code == .undeliverable && error.execution == .no)
            }
        }
    }

    @Test(arguments: RequestRoute.allCases)
    func wrongExchangesHurtNoOtherCall(_ route: RequestRoute) async throws {
        try await besideVictims(route) { bench, number in
            let exchange = number % 2 == 0 ? "amq.mine" : "none-\(bench.topic)-\(number % 7)"
            let wrong = bench.request(Target(exchange: exchange, topic: bench.topic))
            let failure = await code { () throws(MessagingError) in _ = try await bench.driver.call(wrong) }
            #expect(failure == (number % 2 == 0 ? .brokerConfiguration : .undeliverable))
        }
    }

    @Test(arguments: RequestRoute.allCases)
    func aSilentServerEndsAtTheTimeoutWithTheRequestTaken(_ route: RequestRoute) async throws {
        try await run(route) { bench in
            try await bench.serve { $0.method?.stringValue == "silent" ? nil : .result(.null) }
            for _ in 0..<3 { _ = try await bench.driver.call(bench.request()) }
            do throws(MessagingError) {
                _ = try await bench.driver.call(bench.request(nil, "silent", timeout: .seconds(1)))
                Issue.record("silence is no answer")
            } catch {
                #expect(error.code == .timeout && error.execution == .maybe && error.stage == .reply)
            }
        }
    }
}
