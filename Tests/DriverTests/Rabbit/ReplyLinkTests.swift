// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import RabbitDriver
import Testing
import Threads

@Suite(.timeLimit(.minutes(1)), .enabled(if: DriverKind.available.contains(.rabbit)))
struct ReplyLinkTests {
    @Test func everyLinkGoesOnTestingItself() async throws {
        let drivers = try (0..<20).map { _ in try DriverKind.rabbit.makeDriver() }
        for driver in drivers { driver.start() }
        // The first message of its own goes out with the connection, the others by the clock.
        var firsts: [Moment] = []
        for driver in drivers { firsts.append(try await loopback(of: driver, after: nil)) }
        for (driver, first) in zip(drivers, firsts) { _ = try await loopback(of: driver, after: first) }
        for driver in drivers { await driver.shutdown(deadline: .now.advanced(by: .seconds(10))) }
    }

    @Test func aServerAloneOpensNoConnectionForReplies() async throws {
        let settings = RabbitDriver.Settings(receivesFromStart: false)
        let bench = Bench(driver: try DriverKind.makeRabbitDriver(settings))
        bench.driver.start()
        #expect(bench.driver.status.isConnected)
        try await bench.serve { .result($0.arguments ?? .null) }
        try await bench.driver.cast(bench.request())
        #expect(bench.driver.status.isConnected)
        #expect(bench.driver.status.lastLoopback == nil)
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { _ = try await bench.driver.call(bench.request()) } }
            try await group.waitForAll()
        }
        _ = try await loopback(of: bench.driver, after: nil)
        await bench.driver.shutdown(deadline: bench.soon)
        let late = await code { () throws(MessagingError) in _ = try await bench.driver.call(bench.request()) }
        #expect(late == .shutdown)
    }

    @Test func aDriverThatNeverReceivedShutsDown() async throws {
        let driver = try DriverKind.makeRabbitDriver(RabbitDriver.Settings(receivesFromStart: false))
        driver.start()
        await driver.shutdown(deadline: .now.advanced(by: .seconds(10)))
        let bench = Bench(driver: driver)
        let late = await code { () throws(MessagingError) in _ = try await driver.call(bench.request()) }
        #expect(late == .shutdown)
    }

    /// When a message of the driver's own came back, later than the last one.
    private func loopback(
        of driver: any Driver,
        after last: Moment?
    ) async throws -> Moment {
        while true {
            if let seen = driver.status.lastLoopback, last.map({ $0 < seen }) ?? true { return seen }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
