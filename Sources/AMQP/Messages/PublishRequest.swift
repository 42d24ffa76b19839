// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names
public import Threads

/// A message to publish, and whom to tell how it went.
///
/// A subclass says whom in itself, without a closure; what it adds has to be constant, as requests pass from thread to thread.
open class PublishRequest: @unchecked Sendable {
    // Sound: everything in it is constant and may be used from any thread.
    /// Exchange to publish to; empty for the default exchange.
    public let exchange: Name
    /// Routing key, at most 255 bytes.
    public let routingKey: Name
    /// Whether an unroutable message comes back as `returned`.
    public let isMandatory: Bool
    /// The message's properties.
    public let properties: PublishProperties
    /// The message's body.
    public let body: [UInt8]
    /// An exchange to declare first, once for the life of a channel.
    public let declaring: ExchangeDeclaration?
    /// A queue to declare and to bind to that exchange first, once for the life of a channel; ignored without one.
    public let binding: QueueBinding?
    /// Whether the exchange and the queue are declared even if they were before, as after the loss of the queue.
    public let declaresAnew: Bool
    /// How it becomes known that the broker has taken the message.
    public let proof: PublishProof
    /// When the caller loses interest: unwritten by then it is never sent (`expired`), unproven by then it fails
    /// with `timedOut` and `wasSent` true. Looked at about every 50 ms.
    public let deadline: Moment?
    private let completion: (@Sendable (PublishOutcome) -> Void)?

    /// Makes a request.
    ///
    /// - Parameter completion: told the outcome; see `conclude`.
    public init(
        exchange: Name,
        routingKey: Name,
        isMandatory: Bool = false,
        properties: PublishProperties = .own(Properties()),
        body: [UInt8],
        declaring: ExchangeDeclaration? = nil,
        binding: QueueBinding? = nil,
        declaresAnew: Bool = false,
        proof: PublishProof = .confirm,
        deadline: Moment? = nil,
        completion: (@Sendable (PublishOutcome) -> Void)? = nil
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.isMandatory = isMandatory
        self.properties = properties
        self.body = body
        self.declaring = declaring
        self.binding = binding
        self.declaresAnew = declaresAnew
        self.proof = proof
        self.deadline = deadline
        self.completion = completion
    }

    /// Takes the outcome, exactly once, on the loop of the connection's user (on the caller's thread when refused at once);
    /// must not block.
    open func conclude(_ outcome: PublishOutcome) { completion?(outcome) }

    /// What the request costs of the outbox: its body and a flat rate for everything else.
    var outboxBytes: Int { body.count + 512 }

    /// What keeps the request off the wire; nil when it can be written.
    var defect: AMQPError? {
        guard exchange.utf8.count <= 255, routingKey.utf8.count <= 255 else {
            return .invalidArgument("the exchange or the routing key is longer than 255 bytes")
        }
        guard properties.isEncodable, declaring?.isEncodable ?? true, binding?.isEncodable ?? true else {
            return .invalidArgument("a short string of the properties or the declaration is longer than 255 bytes")
        }
        return nil
    }
}
