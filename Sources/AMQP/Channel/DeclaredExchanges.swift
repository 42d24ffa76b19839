// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The exchanges that need no declaration before the next publish on a connection.
///
/// An exchange that is deleted with its last binding may be gone any time, and a publish to one that is gone closes the
/// channel under the other publishes to it; so it is declared again when the last declaration is a second old.
struct DeclaredExchanges {
    /// How long the declaration of an exchange that is deleted automatically counts.
    static let lifetime = Duration.seconds(1)

    private static let maximumCount = 1000

    private var declarations: [ExchangeDeclaration: Moment] = [:]
    /// The last one asked for: with one exchange for nearly all publishes it spares the hashing.
    private var last: (exchange: ExchangeDeclaration, declared: Moment)?

    /// Whether the exchange can be taken for declared.
    mutating func contains(_ exchange: ExchangeDeclaration, at now: Moment) -> Bool {
        if last?.exchange != exchange { last = declarations[exchange].map { (exchange, $0) } }
        guard let last else { return false }
        return !exchange.isAutoDelete || last.declared.duration(to: now) < Self.lifetime
    }

    /// Notes a declaration that the broker has accepted.
    mutating func note(_ exchange: ExchangeDeclaration, at now: Moment) {
        // Forgetting costs a declaration each; names that callers choose must not pile up.
        if declarations.count >= Self.maximumCount { declarations = [:] }
        declarations[exchange] = now
        last = (exchange, now)
    }

    /// Forgets an exchange that a refusal was about, or may have been about.
    mutating func forget(_ exchange: ExchangeDeclaration) {
        declarations[exchange] = nil
        last = nil
    }
}
