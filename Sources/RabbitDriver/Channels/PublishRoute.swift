//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import Names

/// What the broker has to accept before a message of a kind: its exchange, and what is declared with it.
struct PublishRoute: Sendable, Hashable {
    var exchange: Name
    /// The exchange to declare first; nil for those that are not ours to declare.
    var declaring: ExchangeDeclaration?
    /// The queue to declare and to bind to it.
    var binding: QueueBinding?

    init(exchange: Name) { self.exchange = exchange }

    init(declaring exchange: ExchangeDeclaration, binding: QueueBinding? = nil) {
        self.exchange = exchange.name
        declaring = exchange
        self.binding = binding
    }

    /// The default exchange, which cannot be missing.
    static let defaultExchange = PublishRoute(exchange: "")
}
