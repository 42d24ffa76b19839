//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP

/// What the broker holds non-durable although the options ask for durable: it is declared as it is, as oslo.messaging
/// does since 14.1.
struct DurableConflicts: Sendable, Equatable {
    /// Names that callers choose must not pile up; forgetting costs a refused declaration each.
    private static let maximumCount = 1000

    private var exchanges: Set<String> = []
    /// What is known of queues, which as in oslo.messaging follow their exchange otherwise.
    private var queues: [String: Bool] = [:]

    /// Learns from a refused declaration; whether it may succeed in another form.
    mutating func note(_ error: AMQPError, exchange: ExchangeDeclaration?, queue: QueueDeclaration?) -> Bool {
        guard error.code == .preconditionFailed, let text = error.reply?.text else { return false }
        if exchanges.count + queues.count >= Self.maximumCount { self = DurableConflicts() }
        if let exchange, exchange.isDurable, text.contains("inequivalent arg 'durable' for exchange '\(exchange.name)'")
        {
            exchanges.insert(exchange.name)
            return true
        }
        // A quorum queue or a stream cannot be anything but durable.
        guard let queue, queue.isDurable, queue.arguments["x-queue-type"] == nil,
            text.contains("inequivalent arg 'durable' for queue '\(queue.name)'")
        else { return false }
        queues[queue.name] = text.contains("current is 'true'")
        return true
    }

    /// The exchange as it is to be declared.
    func adjusted(_ wanted: ExchangeDeclaration) -> ExchangeDeclaration {
        guard wanted.isDurable, exchanges.contains(wanted.name) else { return wanted }
        var exchange = wanted
        exchange.isDurable = false
        return exchange
    }

    /// The queue as it is to be declared; that of a non-durable exchange is non-durable too.
    func adjusted(_ wanted: QueueDeclaration, of exchange: ExchangeDeclaration?) -> QueueDeclaration {
        guard wanted.isDurable, wanted.arguments["x-queue-type"] == nil else { return wanted }
        var queue = wanted
        queue.isDurable = queues[wanted.name] ?? !(exchange.map { exchanges.contains($0.name) } ?? false)
        return queue
    }

    /// The queue of a publisher as it is to be declared.
    func adjusted(_ wanted: QueueBinding, of exchange: ExchangeDeclaration?) -> QueueBinding {
        var binding = wanted
        binding.queue = adjusted(wanted.queue, of: exchange)
        return binding
    }
}
