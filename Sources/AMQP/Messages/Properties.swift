// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
    /// What most messages lack, behind one reference; nil when all of it is absent.
    private var rare: Rare?

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
        let fields = RareFields(
            correlationID: correlationID,
            replyTo: replyTo,
            expiration: expiration,
            messageID: messageID,
            timestamp: timestamp,
            type: type,
            userID: userID,
            appID: appID
        )
        rare = fields == RareFields() ? nil : Rare(fields)
    }
}

extension Properties {
    private struct RareFields: Sendable, Hashable {
        var correlationID: String?
        var replyTo: String?
        var expiration: String?
        var messageID: String?
        var timestamp: UInt64?
        var type: String?
        var userID: String?
        var appID: String?
    }

    /// These fields are behind a reference, so that properties without them are cheap to hand on.
    private final class Rare: Sendable, Hashable {
        let fields: RareFields

        init(_ fields: RareFields) { self.fields = fields }

        static func == (left: Rare, right: Rare) -> Bool { left.fields == right.fields }

        func hash(into hasher: inout Hasher) { hasher.combine(fields) }
    }

    private subscript<Value>(rare path: WritableKeyPath<RareFields, Value?>) -> Value? {
        get { rare?.fields[keyPath: path] }
        set {
            var fields = rare?.fields ?? RareFields()
            fields[keyPath: path] = newValue
            rare = fields == RareFields() ? nil : Rare(fields)
        }
    }

    /// Whether none of the properties that follow the priority on the wire is present.
    var endWithPriority: Bool { rare == nil }

    /// Names the request a reply belongs to.
    public var correlationID: String? {
        get { rare?.fields.correlationID }
        set { self[rare: \.correlationID] = newValue }
    }

    /// Queue for the reply.
    public var replyTo: String? {
        get { rare?.fields.replyTo }
        set { self[rare: \.replyTo] = newValue }
    }

    /// Time to live in milliseconds, as decimal digits.
    public var expiration: String? {
        get { rare?.fields.expiration }
        set { self[rare: \.expiration] = newValue }
    }

    /// The application's id of the message.
    public var messageID: String? {
        get { rare?.fields.messageID }
        set { self[rare: \.messageID] = newValue }
    }

    /// Seconds since 1970.
    public var timestamp: UInt64? {
        get { rare?.fields.timestamp }
        set { self[rare: \.timestamp] = newValue }
    }

    /// The application's type of the message.
    public var type: String? {
        get { rare?.fields.type }
        set { self[rare: \.type] = newValue }
    }

    /// The publishing user; the broker checks it.
    public var userID: String? {
        get { rare?.fields.userID }
        set { self[rare: \.userID] = newValue }
    }

    /// The publishing application.
    public var appID: String? {
        get { rare?.fields.appID }
        set { self[rare: \.appID] = newValue }
    }
}
