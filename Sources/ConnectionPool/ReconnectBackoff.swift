// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How long to wait between attempts to connect: nothing before the first, then growing and randomised, up to a cap.
public struct ReconnectBackoff: Sendable, Hashable {
    /// How the interval grows from one round of attempts to the next.
    public enum Growth: Sendable, Hashable {
        /// Each interval is this many times the one before.
        case multiplied(by: Double)
        /// Each interval is this much longer than the one before.
        case added(Duration)
    }

    /// The wait after the first failed round.
    public var interval: Duration
    /// How the wait grows.
    public var growth: Growth
    /// No wait is longer than this.
    public var maximumInterval: Duration
    /// Which part of the wait is random: 1 makes all of it random ("full jitter"), 0 none.
    public var jitter: Double
    /// How many attempts belong together and follow each other at once, for instance one for each host; at least 1.
    public var attemptsPerRound: Int

    /// Makes a back-off; by default 50 ms, doubled up to one second, with full jitter.
    public init(
        interval: Duration = .milliseconds(50),
        growth: Growth = .multiplied(by: 2),
        maximumInterval: Duration = .seconds(1),
        jitter: Double = 1,
        attemptsPerRound: Int = 1
    ) {
        self.interval = interval
        self.growth = growth
        self.maximumInterval = maximumInterval
        self.jitter = min(max(jitter, 0), 1)
        self.attemptsPerRound = max(attemptsPerRound, 1)
    }

    /// The wait after so many failed attempts in a row.
    ///
    /// - Parameter randomFactor: a random number from 0 up to 1, drawn anew for each call.
    public func delay(afterFailures failures: Int, randomFactor: Double) -> Duration {
        guard failures > 0, failures % attemptsPerRound == 0 else { return .zero }
        let random = min(max(randomFactor, 0), 1)
        return fullInterval(round: failures / attemptsPerRound) * (1 - jitter * random)
    }

    /// The interval after a round, before any part of it is made random; rounds count from 1.
    private func fullInterval(round: Int) -> Duration {
        // Far beyond any sensible cap, and small enough that neither the power nor the product overflows.
        let steps = min(round - 1, 64)
        let first = min(interval, maximumInterval)
        switch growth {
        case .added(let step): return min(first + min(step, maximumInterval) * steps, maximumInterval)
        case .multiplied(let factor): return grown(by: factor, steps: steps)
        }
    }

    private func grown(by factor: Double, steps: Int) -> Duration {
        var result = min(interval, maximumInterval)
        for _ in 0..<steps where result < maximumInterval && factor > 1 {
            result = min(result * min(factor, 1_000), maximumInterval)
        }
        return result
    }
}
