// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

/// Which way calls and casts to a topic or a server take to its queue. Fanouts, and requests that name an exchange
/// other than the default, go through their exchange either way.
public enum RequestRoute: String, Sendable, CaseIterable {
    /// Through the control exchange, which is declared first, as oslo.messaging does.
    case exchange
    /// To the queue by its name, through the broker's default exchange.
    case queue
}

/// The routes that nearly all messages of a driver take.
struct RequestRoutes: Sendable {
    let calls: PublishRoute
    let casts: PublishRoute
    /// Whether they go to their queue by its name.
    let areByName: Bool
    /// Those that have channels of their own on every connection.
    let homes: [PublishRoute]

    init(_ options: RabbitOptions, _ settings: RabbitDriver.Settings, controlExchange: String) {
        areByName = settings.requestRoute == .queue
        casts = areByName ? .defaultExchange : options.route(to: Target(), controlExchange: controlExchange)
        calls = settings.confirmsCalls ? casts : casts.unconfirmed
        let all = [calls, casts, .defaultExchange]
        homes = all.enumerated().filter { !all[..<$0.offset].contains($0.element) }.map(\.element)
    }
}

extension Name {
    /// Whether at the default exchange it stands for something of the broker's own: a wrong message to it costs the
    /// sender the connection.
    var isOfBroker: Bool { hasPrefix("amq.rabbitmq.") }
}
