// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// A message that the broker delivered to a consumer.
public struct Delivery: Sendable {
    /// The consumer it is for.
    public var consumerTag: Name
    /// What `acknowledge` and `reject` name it by, on this connection only.
    public var deliveryTag: UInt64
    /// Whether it may have been delivered before.
    public var isRedelivered: Bool
    /// The exchange it was published to.
    public var exchange: Name
    /// The routing key it was published with.
    public var routingKey: Name
    /// Its properties.
    public var properties: Properties
    /// Its body.
    public var body: [UInt8]

    /// Makes a delivery.
    public init(
        consumerTag: Name,
        deliveryTag: UInt64,
        isRedelivered: Bool,
        exchange: Name,
        routingKey: Name,
        properties: Properties,
        body: [UInt8]
    ) {
        self.consumerTag = consumerTag
        self.deliveryTag = deliveryTag
        self.isRedelivered = isRedelivered
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
    }
}
