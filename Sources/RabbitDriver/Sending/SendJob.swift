//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP
internal import Messaging

/// One message on its way to a connection.
struct SendJob: Sendable {
    /// The name of the message in the pool's queue and among the waiting calls.
    var id: UniqueID
    var exchange: String
    var routingKey: String
    /// The exchange to declare before the first publish on a channel; nil for the default exchange.
    var declaring: ExchangeDeclaration?
    var body: [UInt8]
    /// Whether the broker drops the message once nobody waits any more (calls, not casts).
    var expires: Bool
    /// Whether the body is compressed, as the header then says.
    var isCompressed = false
    var deadline: ContinuousClock.Instant
    var retry: Int?
    /// How often a connection was lost before a byte of the message was written.
    var losses = 0
    /// Told once, on a thread of the driver.
    var completion: @Sendable (Result<Void, MessagingError>) -> Void

    /// As often the message is handed to another connection when one is lost before it was written.
    static let maximumLosses = 3

    /// The properties that oslo.messaging sends with every message; the expiration is what is left of the time.
    func properties(now: ContinuousClock.Instant) -> Properties {
        Properties(
            contentType: "application/json",
            contentEncoding: "utf-8",
            headers: isCompressed ? [BodyCompression.header: .string(BodyCompression.gzip)] : [:],
            deliveryMode: 2,
            priority: 0,
            expiration: expires ? Self.expiration(now.duration(to: deadline)) : nil
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
