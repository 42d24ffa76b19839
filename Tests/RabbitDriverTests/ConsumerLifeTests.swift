// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ConnectionPool
import Testing
import Threads

@testable import RabbitDriver

struct ConsumerLifeTests {
    private let now = Moment.now

    @Test func waitsGrowWithFailuresInARowAndBeginAnewAfterASuccess() {
        let backoff = ReconnectBackoff(interval: .milliseconds(100), maximumInterval: .milliseconds(300), jitter: 0)
        var attempts = ReconnectAttempts(backoff: backoff)
        func next(isFailure: Bool = true) -> Duration {
            now.duration(to: attempts.next(isFailure: isFailure, randomFactor: 0.5, now: now))
        }
        let first = next(isFailure: false)
        #expect(first == .zero)
        let growing = [next(), next(), next()]
        #expect(growing == [.milliseconds(100), .milliseconds(200), .milliseconds(300)])
        let same = next(isFailure: false)
        #expect(same == .milliseconds(300))
        attempts.succeed()
        let afterwards = [next(isFailure: false), next()]
        #expect(afterwards == [.zero, .milliseconds(100)])
    }
}
