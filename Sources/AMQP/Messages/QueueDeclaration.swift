// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A queue as it is declared.
public struct QueueDeclaration: Sendable, Hashable {
    /// Name, at most 255 bytes; the broker makes one up for an empty name.
    public var name: Name
    /// Whether this only asks for an existing queue (`notFound` when there is none).
    public var isPassive: Bool
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether only this connection may use it.
    public var isExclusive: Bool
    /// Whether it goes when its last consumer goes.
    public var isAutoDelete: Bool
    /// Optional arguments, such as `x-expires`; empty for none.
    public var arguments: FieldTable

    /// Makes a declaration.
    public init(
        name: Name,
        isPassive: Bool = false,
        isDurable: Bool = false,
        isExclusive: Bool = false,
        isAutoDelete: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.isPassive = isPassive
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.isAutoDelete = isAutoDelete
        self.arguments = arguments
    }
}

/// The broker's answer to a queue declaration.
public struct DeclaredQueue: Sendable, Hashable {
    /// The queue's name, even when the broker made it up.
    public var name: Name
    /// Messages ready for delivery.
    public var messageCount: Int
    /// Consumers of the queue.
    public var consumerCount: Int

    /// Makes an answer.
    public init(name: Name, messageCount: Int, consumerCount: Int) {
        self.name = name
        self.messageCount = messageCount
        self.consumerCount = consumerCount
    }
}

/// A queue that a publisher declares and binds to the exchange of its messages, so that none is lost for want of one.
public struct QueueBinding: Sendable, Hashable {
    /// The queue.
    public var queue: QueueDeclaration
    /// The key that binds it to the exchange.
    public var bindingKey: Name

    /// Makes a binding.
    public init(queue: QueueDeclaration, bindingKey: Name) {
        self.queue = queue
        self.bindingKey = bindingKey
    }

    var isEncodable: Bool { queue.isEncodable && bindingKey.utf8.count <= 255 }
}
