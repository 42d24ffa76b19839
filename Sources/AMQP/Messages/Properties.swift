//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The properties of a message (class basic); nil means absent on the wire.
public struct Properties: Sendable, Hashable {
    /// MIME type of the body.
    public var contentType: String?
    /// Encoding of the body.
    public var contentEncoding: String?
    /// Application headers; an empty table is present and empty, nil is absent.
    public var headers: FieldTable?
    /// 1 transient, 2 persistent.
    public var deliveryMode: UInt8?
    /// Priority, 0 to 9.
    public var priority: UInt8?
    /// Names the request a reply belongs to.
    public var correlationID: String?
    /// Queue for the reply.
    public var replyTo: String?
    /// Time to live in milliseconds, as decimal digits.
    public var expiration: String?
    /// The application's id of the message.
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    /// The application's type of the message.
    public var type: String?
    /// The publishing user; the broker checks it.
    public var userID: String?
    /// The publishing application.
    public var appID: String?

    /// Makes properties; all are absent unless named.
    public init(
        contentType: String? = nil,
        contentEncoding: String? = nil,
        headers: FieldTable? = nil,
        deliveryMode: UInt8? = nil,
        priority: UInt8? = nil,
        correlationID: String? = nil,
        replyTo: String? = nil,
        expiration: String? = nil,
        messageID: String? = nil,
        timestamp: UInt64? = nil,
        type: String? = nil,
        userID: String? = nil,
        appID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
    }
}
