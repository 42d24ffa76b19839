// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP

/// What the broker holds with a durability other than the options ask for: it is declared as it is, as oslo.messaging
/// has done since 14.1.
///
/// A refused declaration (406) does not say by its codes which property differs, and its text is not looked at. So the other
/// durability is tried, once: where that is refused too, something else differs, and the refusal stands.
///
/// It is remembered for the whole declaration: one that differs in another property, which a caller may have chosen,
/// says nothing about this one.
struct DurableConflicts: Sendable, Equatable {
    /// Names that callers choose must not pile up; forgetting one costs a refused declaration.
    private static let maximumCount = 1000

    private var exchanges: Set<ExchangeDeclaration> = []
    /// What is known about queues; otherwise they follow their exchange, as in oslo.messaging.
    private var queues: [QueueDeclaration: Bool] = [:]
    /// Those whose other durability was refused as well.
    private var settledExchanges: Set<ExchangeDeclaration> = []
    private var settledQueues: Set<QueueDeclaration> = []

    /// Learns from a refused declaration; returns whether it may succeed in another form.
    mutating func note(_ error: AMQPError, exchange: ExchangeDeclaration?, queue: QueueDeclaration?) -> Bool {
        guard error.code == .preconditionFailed else { return false }
        if count >= Self.maximumCount { self = DurableConflicts() }
        switch error.reply?.refused {
        case .exchangeDeclare: return exchange.map { noteExchange($0) } ?? false
        case .queueDeclare: return queue.map { noteQueue($0, of: exchange) } ?? false
        default: return false
        }
    }

    private var count: Int { exchanges.count + queues.count + settledExchanges.count + settledQueues.count }

    private mutating func noteExchange(_ wanted: ExchangeDeclaration) -> Bool {
        guard wanted.isDurable, !settledExchanges.contains(wanted) else { return false }
        if exchanges.insert(wanted).inserted { return true }
        exchanges.remove(wanted)
        settledExchanges.insert(wanted)
        return false
    }

    private mutating func noteQueue(_ wanted: QueueDeclaration, of exchange: ExchangeDeclaration?) -> Bool {
        // A quorum queue or a stream cannot be anything but durable.
        guard wanted.isDurable, wanted.arguments["x-queue-type"] == nil else { return false }
        guard !settledQueues.contains(wanted) else { return false }
        if queues[wanted] == nil {
            queues[wanted] = !adjusted(wanted, of: exchange).isDurable
            return true
        }
        queues[wanted] = nil
        settledQueues.insert(wanted)
        return false
    }

    /// The exchange as it is to be declared.
    func adjusted(_ wanted: ExchangeDeclaration) -> ExchangeDeclaration {
        guard wanted.isDurable, exchanges.contains(wanted) else { return wanted }
        var exchange = wanted
        exchange.isDurable = false
        return exchange
    }

    /// The queue as it is to be declared; that of a non-durable exchange is non-durable too.
    func adjusted(_ wanted: QueueDeclaration, of exchange: ExchangeDeclaration?) -> QueueDeclaration {
        guard wanted.isDurable, wanted.arguments["x-queue-type"] == nil else { return wanted }
        var queue = wanted
        queue.isDurable = queues[wanted] ?? !(exchange.map { exchanges.contains($0) } ?? false)
        return queue
    }

    /// The queue of a publisher as it is to be declared.
    func adjusted(_ wanted: QueueBinding, of exchange: ExchangeDeclaration?) -> QueueBinding {
        var binding = wanted
        binding.queue = adjusted(wanted.queue, of: exchange)
        return binding
    }
}
