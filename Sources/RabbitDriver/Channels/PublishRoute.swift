// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Names

/// What the broker has to accept before it takes a message: its exchange, and what is declared with it.
///
/// A class: nearly all messages share one of two routes, which are told apart at a glance.
final class PublishRoute: Sendable, Hashable {
    let exchange: Name
    /// The exchange to declare first; nil if it is not ours to declare.
    let declaring: ExchangeDeclaration?
    /// Whether the exchange is looked for first: callers may name any, and what they name must not stay at the broker.
    let looksFirst: Bool
    /// The queue to declare and to bind to the exchange.
    let binding: QueueBinding?
    /// Whether it declares an exchange with a name that the broker reserves for itself.
    let declaresReserved: Bool
    /// Whether its messages get the broker's confirm even on a channel that is home to them.
    let isConfirmed: Bool

    init(exchange: Name) {
        self.exchange = exchange
        declaring = nil
        declaresReserved = false
        looksFirst = false
        binding = nil
        isConfirmed = true
    }

    init(declaring exchange: ExchangeDeclaration, looksFirst: Bool = false, binding: QueueBinding? = nil) {
        self.exchange = exchange.name
        declaring = exchange
        declaresReserved = exchange.name.hasPrefix("amq.")
        self.looksFirst = looksFirst
        self.binding = binding
        isConfirmed = true
    }

    private init(unconfirmed route: PublishRoute) {
        exchange = route.exchange
        declaring = route.declaring
        declaresReserved = route.declaresReserved
        looksFirst = route.looksFirst
        binding = route.binding
        isConfirmed = false
    }

    /// The same way for messages without confirms; another route, as they have a channel of their own.
    var unconfirmed: PublishRoute { PublishRoute(unconfirmed: self) }

    /// The default exchange, which cannot be missing.
    static let defaultExchange = PublishRoute(exchange: "")

    static func == (left: PublishRoute, right: PublishRoute) -> Bool {
        left === right
            || left.exchange == right.exchange && left.declaring == right.declaring && left.binding == right.binding
                && left.isConfirmed == right.isConfirmed && left.looksFirst == right.looksFirst
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(exchange)
        hasher.combine(declaring)
        hasher.combine(binding)
    }
}
