// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing

@Suite struct BackoffTests {
    @Test func theDefaultDoublesUpToOneSecond() {
        let backoff = ReconnectBackoff()
        let delays = (0...7).map { backoff.delay(afterFailures: $0, randomFactor: 0) }
        #expect(delays == [0, 50, 100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    }

    @Test func oslosIntervalsGrowByAddition() {
        let backoff = ReconnectBackoff(
            interval: .seconds(1),
            growth: .added(.seconds(2)),
            maximumInterval: .seconds(30),
            jitter: 0
        )
        let delays = (1...17).map { backoff.delay(afterFailures: $0, randomFactor: 0.9) }
        #expect(delays.prefix(4) == [.seconds(1), .seconds(3), .seconds(5), .seconds(7)])
        #expect(delays.last == .seconds(30))
    }

    @Test func allHostsAreTriedBeforeAPause() {
        let backoff = ReconnectBackoff(attemptsPerRound: 3)
        let delays = (1...6).map { backoff.delay(afterFailures: $0, randomFactor: 0) }
        #expect(delays == [0, 0, 50, 0, 0, 100].map { .milliseconds($0) })
    }

    @Test func fullJitterDrawsFromTheWholeInterval() {
        let backoff = ReconnectBackoff(interval: .milliseconds(800))
        #expect(backoff.delay(afterFailures: 1, randomFactor: 0.5) == .milliseconds(400))
        #expect(backoff.delay(afterFailures: 1, randomFactor: 1) == .zero)
    }

    @Test(arguments: [
        ReconnectBackoff(),
        ReconnectBackoff(interval: .seconds(Int64.max / 2)),
        ReconnectBackoff(growth: .multiplied(by: .infinity)),
        ReconnectBackoff(growth: .multiplied(by: 0.5)),
        ReconnectBackoff(growth: .added(.seconds(Int64.max / 2)), jitter: 7, attemptsPerRound: -4),
    ])
    func noDelayIsNegativeOrOverTheCap(_ backoff: ReconnectBackoff) {
        for failures in [-1, 0, 1, 2, 3, 10, 63, 64, 65, 1_000, Int.max] {
            for random in [-1, 0, 0.3, 1, 2] {
                let delay = backoff.delay(afterFailures: failures, randomFactor: random)
                #expect(delay >= .zero && delay <= backoff.maximumInterval)
            }
        }
    }
}
