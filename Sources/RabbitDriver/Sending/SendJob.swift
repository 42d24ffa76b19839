//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import Messaging

/// One message on its way to a connection.
///
/// A class, as it waits in queues and closures: one reference instead of every part of it.
final class SendJob: Sendable {
    /// The name of the message in the pool's queue and among the waiting calls.
    let id: UniqueID
    let exchange: String
    let routingKey: String
    /// The exchange to declare before the first publish on a channel; nil for the default exchange.
    let declaring: ExchangeDeclaration?
    /// The queue to declare and bind with it, for messages that are not to be lost while nobody listens.
    let binding: QueueBinding?
    /// Whether both are declared anew, after the queue of an earlier attempt was gone.
    let declaresAnew: Bool
    /// Whether a message that no queue takes comes back.
    let isMandatory: Bool
    let body: [UInt8]
    /// Whether the broker drops the message once nobody waits any more (calls, not casts).
    let expires: Bool
    /// Whether the body is compressed, as the header then says.
    let isCompressed: Bool
    /// The properties of a message that is not oslo.messaging's; nil for those that it sends with every message.
    let ownProperties: Properties?
    let deadline: ContinuousClock.Instant
    let retry: Int?
    /// How often a connection was lost before a byte of the message was written.
    let losses: Int
    /// Told once, on a thread of the driver.
    let completion: @Sendable (Result<Void, MessagingError>) -> Void

    init(
        id: UniqueID,
        exchange: String,
        routingKey: String,
        declaring: ExchangeDeclaration?,
        binding: QueueBinding? = nil,
        declaresAnew: Bool = false,
        isMandatory: Bool = true,
        body: [UInt8],
        expires: Bool,
        isCompressed: Bool = false,
        ownProperties: Properties? = nil,
        deadline: ContinuousClock.Instant,
        retry: Int?,
        losses: Int = 0,
        completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void
    ) {
        self.id = id
        self.exchange = exchange
        self.routingKey = routingKey
        self.declaring = declaring
        self.binding = binding
        self.declaresAnew = declaresAnew
        self.isMandatory = isMandatory
        self.body = body
        self.expires = expires
        self.isCompressed = isCompressed
        self.ownProperties = ownProperties
        self.deadline = deadline
        self.retry = retry
        self.losses = losses
        self.completion = completion
    }

    /// The same message after one more loss.
    var afterLoss: SendJob { again(losses: losses + 1, declaresAnew: declaresAnew) }

    /// The same message after its queue turned out to be gone.
    var afterReturn: SendJob { again(losses: losses, declaresAnew: true) }

    private func again(losses: Int, declaresAnew: Bool) -> SendJob {
        SendJob(
            id: id,
            exchange: exchange,
            routingKey: routingKey,
            declaring: declaring,
            binding: binding,
            declaresAnew: declaresAnew,
            isMandatory: isMandatory,
            body: body,
            expires: expires,
            isCompressed: isCompressed,
            ownProperties: ownProperties,
            deadline: deadline,
            retry: retry,
            losses: losses,
            completion: completion
        )
    }

    /// As often the message is handed to another connection when one is lost before it was written.
    static let maximumLosses = 3

    /// The message's properties; the expiration is what is left of the time.
    func properties(now: ContinuousClock.Instant) -> Properties {
        var properties = ownProperties ?? standardProperties
        properties.expiration = expires ? Self.expiration(now.duration(to: deadline)) : nil
        return properties
    }

    /// What oslo.messaging sends with every message.
    private var standardProperties: Properties {
        Properties(
            contentType: "application/json",
            contentEncoding: "utf-8",
            headers: isCompressed ? [BodyCompression.header: .string(BodyCompression.gzip)] : [:],
            deliveryMode: 2,
            priority: 0
        )
    }

    /// Milliseconds as the broker takes them: rounded up, so that a whole timeout is sent whole, and within 32 bits.
    static func expiration(_ left: Duration) -> String {
        let (seconds, attoseconds) = left.components
        guard seconds < 4_294_967 else { return "4294967295" }
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return String(max(0, milliseconds))
    }
}
