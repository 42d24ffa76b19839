// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Names

/// How the declarations of a listener give way to what the broker holds already.
struct TopologyAdjustments: Sendable, Equatable {
    private(set) var conflicts = DurableConflicts()
    private var passive: Set<Name> = []
    private var count = 0

    /// Learns from a refused step; whether it is worth another try.
    mutating func note(_ error: AMQPError, of step: ListeningTopology.Step, in topology: ListeningTopology) -> Bool {
        // Each exchange gives way once and each queue twice: more refusals are none that giving way can end.
        guard count <= 3 * topology.sources.count else { return false }
        count += 1
        return topology.sources.contains { source in
            guard source.isDeclared(by: step) else { return false }
            return conflicts.note(error, exchange: source.exchange, queue: source.queue) || notePassive(error, source)
        }
    }

    /// The queue of a source as it is to be declared.
    func adjusted(_ source: ListeningTopology.Source) -> QueueDeclaration {
        var queue = conflicts.adjusted(source.queue, of: source.exchange)
        queue.isPassive = passive.contains(queue.name)
        return queue
    }

    private mutating func notePassive(_ error: AMQPError, _ source: ListeningTopology.Source) -> Bool {
        guard source.takesAnyForm, error.code == .preconditionFailed else { return false }
        return passive.insert(source.queue.name).inserted
    }
}

extension ListeningTopology.Source {
    /// Whether a step declares the exchange or the queue of this source.
    fileprivate func isDeclared(by step: ListeningTopology.Step) -> Bool {
        switch step {
        case .declareExchange(let exchange): self.exchange?.name == exchange.name
        case .declareQueue(let queue): self.queue.name == queue.name
        default: false
        }
    }
}
