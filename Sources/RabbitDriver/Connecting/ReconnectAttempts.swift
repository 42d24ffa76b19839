// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool
internal import Threads

/// When a consumer's connection is made again: the failures in a row so far, and the waits that follow from them.
struct ReconnectAttempts: Sendable {
    private var failures = 0
    private let backoff: ReconnectBackoff

    init(backoff: ReconnectBackoff) { self.backoff = backoff }

    /// Notes that all is well: the next wait is the shortest again.
    mutating func succeed() { failures = 0 }

    /// The moment of the next attempt.
    ///
    /// - Parameter isFailure: whether one more failure lies behind it, and not the end of a time in which all was well.
    mutating func next(isFailure: Bool, randomFactor: Double, now: Moment) -> Moment {
        failures += isFailure ? 1 : 0
        return now.advanced(by: backoff.delay(afterFailures: failures, randomFactor: randomFactor))
    }
}
