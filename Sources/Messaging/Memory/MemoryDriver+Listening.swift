// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension MemoryDriver: ListeningDriver {
    /// Makes a listener for a target's queues; see `ListeningDriver`.
    public func makeListener(
        on target: Target,
        handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        guard let topic = target.topic, !topic.isEmpty, let server = target.server, !server.isEmpty else {
            throw MessagingError(.invalidTarget, "A server needs both a topic and a server name")
        }
        try target.validateForSending(isCall: false)
        let exchange = exchange(target.exchange)
        let fanout = MemorySubscription.Binding(
            exchange: Name(target.fanoutExchange),
            kind: .fanout,
            routingKey: Name(topic)
        )
        let names = [Name(topic), Name(target.queueName)]
        let queues = names.map { name in
            MemorySubscription(queue: name, bindings: [.init(exchange: exchange, routingKey: name)])
        }
        let own = MemorySubscription(
            queue: Name("\(target.fanoutExchange)_\(UniqueID().hexadecimal)"),
            bindings: [fanout],
            isOwned: true
        )
        return try makeListener(queues + [own]) { delivery in
            if let message = MemoryIncomingMessage(delivery) { handler(message) }
        }
    }
}
