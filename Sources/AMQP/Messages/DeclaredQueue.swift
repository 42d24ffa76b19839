// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// The broker's answer to a queue declaration.
public struct DeclaredQueue: Sendable, Hashable {
    /// The queue's name, also when the broker made it up.
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
