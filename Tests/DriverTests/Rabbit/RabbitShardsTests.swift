// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import RabbitDriver
import Testing
import Threads

@Suite(.timeLimit(.minutes(1)), .enabled(if: DriverKind.available.contains(.rabbit)))
struct RabbitShardsTests {
    @Test func eachLoopIsAnsweredOnItself() async throws {
        let loops = try (0..<2).map { number in
            let loop = try EventLoop(name: "shard-\(number)")
            try loop.start()
            return loop
        }
        let driver = try RabbitShards(
            url: DriverKind.rabbitURL(),
            context: DriverRegistry.DriverContext(logger: .quiet),
            loops: loops
        )
        driver.start()
        let bench = Bench(driver: driver)
        try await bench.serve { .result($0.arguments ?? .null) }
        let request = bench.request()
        for round in 0..<20 {
            let loop = loops[round % 2]
            let isAnsweredThere = await withCheckedContinuation { continuation in
                loop.execute {
                    driver.call(request) { result in
                        let isGood = if case .success = result { true } else { false }
                        continuation.resume(returning: isGood && loop.isCurrent)
                    }
                }
            }
            #expect(isAnsweredThere)
        }
        let status = driver.status
        #expect(status.isConnected)
        #expect(status.sendConnections.open >= 2)
        await driver.shutdown(deadline: bench.soon)
        for loop in loops {
            loop.stop()
            #expect(loop.waitUntilEnded(deadline: .now + .seconds(10)))
        }
    }

    @Test func thePoolsOptionsCountOverAllLoops() async throws {
        let loops = try (0..<2).map { number in
            let loop = try EventLoop(name: "shard-\(number)")
            try loop.start()
            return loop
        }
        let options = ["rpc_conn_pool_size": "2", "conn_pool_min_size": "2"]
        let context = DriverRegistry.DriverContext(options: options, logger: .quiet)
        let driver = try RabbitShards(url: DriverKind.rabbitURL(), context: context, loops: loops)
        driver.start()
        while driver.status.sendConnections.open < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(driver.status.sendConnections.open == 2)
        await driver.shutdown(deadline: .now + .seconds(10))
        for loop in loops { loop.stop() }
    }
}
