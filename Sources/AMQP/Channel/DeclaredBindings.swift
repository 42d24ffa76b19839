// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The queues of publishers that are declared and bound on a connection.
struct DeclaredBindings {
    private struct Key: Hashable {
        var exchange: ExchangeDeclaration
        var binding: QueueBinding
    }

    private static let maximumCount = 1000

    private var keys: Set<Key> = []

    /// Whether the queue was declared and bound to the exchange.
    func contains(_ binding: QueueBinding, to exchange: ExchangeDeclaration) -> Bool {
        keys.contains(Key(exchange: exchange, binding: binding))
    }

    /// Notes a queue that was declared and bound to the exchange.
    mutating func note(_ binding: QueueBinding, to exchange: ExchangeDeclaration) {
        // Forgetting costs a declaration each; names that callers choose must not pile up.
        if keys.count >= Self.maximumCount { keys = [] }
        keys.insert(Key(exchange: exchange, binding: binding))
    }

    /// Forgets a queue that may be gone.
    mutating func forget(_ binding: QueueBinding, to exchange: ExchangeDeclaration) {
        keys.remove(Key(exchange: exchange, binding: binding))
    }
}
