// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Whether a broker that owes an answer to publishes has said nothing at all for too long; a value, told the time by its owner.
///
/// Heartbeats notice a connection on which nothing comes through after two minutes. One that is published on should answer
/// within milliseconds, and even one that is slow says something now and then.
struct SilenceMonitor {
    /// Whoever owes is looked at many times in this time; after a longer pause it is another debt.
    private static let pause = Duration.seconds(1)

    private var owedSince: Moment?
    private var lastLook: Moment?

    /// To be asked now and again while something is owed, and not otherwise.
    ///
    /// - Parameters:
    ///   - owes: whether the broker owes an answer now; false while it blocks publishers, which it has said.
    ///   - lastReceived: when bytes came from it last.
    mutating func isTooLong(owes: Bool, lastReceived: Moment, limit: Duration, now: Moment) -> Bool {
        let isOldDebt = lastLook.map { now < $0 + Self.pause } ?? false
        lastLook = now
        guard owes else {
            owedSince = nil
            return false
        }
        let since = isOldDebt ? owedSince ?? now : now
        owedSince = since
        return now >= max(since, lastReceived) + limit
    }
}
