// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names
public import Threads

/// A message to publish, and whom to tell how it went.
///
/// A subclass says so itself, without a closure; what it adds has to be constant, as requests pass from thread to
/// thread.
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
    /// Whether the exchange is looked for first, so that one that does not exist is not created: the publish then fails
    /// with `notFound`, refused `.exchangeDeclare`. Ignored with a binding.
    public let looksFirst: Bool
    /// A queue to declare and to bind to that exchange first, once for the life of a channel; ignored without one.
    public let binding: QueueBinding?
    /// Whether the exchange and the queue are declared even if they were before, as after the loss of the queue.
    public let declaresAnew: Bool
    /// How it becomes known that the broker has taken the message.
    public let proof: PublishProof
    /// When the caller loses interest: unwritten by then it is never sent (`expired`), unproven by then it fails with
    /// `timedOut` and `wasSent` true. Checked about every 50 ms.
    public let deadline: Moment?
    /// Whether nobody is in a hurry to learn how it went: a `confirmed`, `passed` or `rejected` may then be told some
    /// milliseconds late, together with what comes over other connections of the loop.
    public let isPatient: Bool
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
        looksFirst: Bool = false,
        binding: QueueBinding? = nil,
        declaresAnew: Bool = false,
        proof: PublishProof = .confirm,
        deadline: Moment? = nil,
        isPatient: Bool = false,
        completion: (@Sendable (PublishOutcome) -> Void)? = nil
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.isMandatory = isMandatory
        self.properties = properties
        self.body = body
        self.declaring = declaring
        self.looksFirst = looksFirst
        self.binding = binding
        self.declaresAnew = declaresAnew
        self.proof = proof
        self.deadline = deadline
        self.isPatient = isPatient
        self.completion = completion
    }

    /// Takes the outcome, exactly once, on the loop of the connection's user, or on the caller's thread when refused at
    /// once; must not block.
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

/// How it becomes known that the broker has taken a message.
public enum PublishProof: Sendable {
    /// By a confirm of the broker (`confirm.select`), which answers for the message: `confirmed`, or `rejected`.
    case confirm
    /// By the answer to a probe, a method that follows on the same channel: `passed`. One probe serves all messages
    /// before it, so the broker has nothing to remember or to say about each. It is sent every 50 ms, and after 64
    /// messages.
    ///
    /// For channels without consumers, as the probe is a `basic.qos`. On a channel that has published with `confirm`
    /// before, it is the same as `confirm`.
    case probe
    /// The same with a probe directly behind the message.
    case probeAtOnce
}

/// How a publish ended.
public enum PublishOutcome: Sendable, Equatable {
    /// The broker has taken responsibility for the message or, without `isMandatory`, has dropped it as unroutable.
    case confirmed
    /// The broker has read the message, has not refused it, and, with `isMandatory`, has found a queue for it; it does not
    /// answer for what becomes of it (`PublishProof.probe`).
    case passed
    /// The message was mandatory and no queue took it; the broker dropped it.
    case returned(replyCode: Int, replyText: String)
    /// The broker refused the message (`basic.nack`).
    case rejected
    /// It is not known to have arrived; `wasSent` tells whether any byte of it may have reached the broker.
    case failed(AMQPError, wasSent: Bool)
}
