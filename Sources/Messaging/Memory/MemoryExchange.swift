// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// An exchange as a value: its kind and what is bound to it.
struct MemoryExchange {
    enum Kind: Sendable {
        /// Routes to the queues bound with the message's routing key; wildcards have no meaning.
        case topic
        /// Routes to every queue.
        case fanout
    }

    var kind: Kind
    private var bindings: [Name: [Name]] = [:]

    init(_ kind: Kind) { self.kind = kind }

    func queues(for routingKey: Name) -> [Name] {
        switch kind {
        case .topic: bindings[routingKey] ?? []
        case .fanout: bindings[""] ?? []
        }
    }

    mutating func bind(_ queue: Name, _ routingKey: Name) {
        let key = kind == .fanout ? "" : routingKey
        guard bindings[key]?.contains(queue) != true else { return }
        bindings[key, default: []].append(queue)
    }

    mutating func unbind(_ queue: Name) {
        for key in bindings.keys { bindings[key]?.removeAll { $0 == queue } }
        bindings = bindings.filter { !$0.value.isEmpty }
    }
}
