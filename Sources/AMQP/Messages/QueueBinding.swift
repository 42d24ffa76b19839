// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

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
