//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging
internal import Threads

/// Exchanges to which the broker refused a publish lately: asking again would close the channel under everybody's
/// publishes.
final class RefusedExchanges: Sendable {
    /// How long a refusal counts.
    static let lifetime = Duration.seconds(5)
    /// Names that callers choose must not pile up; forgetting costs a refused publish each.
    private static let maximumCount = 1000

    private let refusals = Guarded<[String: (error: MessagingError, until: ContinuousClock.Instant)]>([:])

    /// The refusal that still counts; nil when the exchange may be tried.
    func refusal(of exchange: String, now: ContinuousClock.Instant) -> MessagingError? {
        refusals.withLock { refusals in
            guard !refusals.isEmpty, let refusal = refusals[exchange] else { return nil }
            guard refusal.until <= now else { return refusal.error }
            refusals[exchange] = nil
            return nil
        }
    }

    /// Remembers an error if it is the broker's refusal.
    func note(_ error: MessagingError, of exchange: String, now: ContinuousClock.Instant) {
        guard error.code == .brokerConfiguration else { return }
        refusals.withLock { refusals in
            if refusals.count >= Self.maximumCount { refusals = [:] }
            refusals[exchange] = (error, now.advanced(by: Self.lifetime))
        }
    }
}
