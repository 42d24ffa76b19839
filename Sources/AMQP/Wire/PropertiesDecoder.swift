// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Decodes content headers; strings that come again and again are made once.
struct PropertiesDecoder {
    private var contentType = RepeatedString()
    private var contentEncoding = RepeatedString()
    private var replyTo = RepeatedString()

    /// Decodes flags and properties; what is absent costs nothing.
    mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(WireReader.Malformed) -> Properties {
        var reader = WireReader(bytes)
        let flags = try reader.integer(UInt16.self)
        guard flags & PropertyFlag.more == 0 else { throw WireReader.Malformed() }
        var properties = Properties()
        try decodeFirst(flags, &reader, &properties)
        // oslo's messages, and most others, end here.
        if flags & 0x07FC != 0 { try decodeRest(flags, &reader, &properties) }
        return properties
    }

    private mutating func decodeFirst(
        _ flags: UInt16,
        _ reader: inout WireReader,
        _ properties: inout Properties
    ) throws(WireReader.Malformed) {
        if flags & PropertyFlag.contentType != 0 {
            properties.contentType = contentType.string(try reader.shortBytes())
        }
        if flags & PropertyFlag.contentEncoding != 0 {
            properties.contentEncoding = contentEncoding.string(try reader.shortBytes())
        }
        if flags & PropertyFlag.headers != 0 { properties.headers = try reader.table() }
        if flags & PropertyFlag.deliveryMode != 0 { properties.deliveryMode = try reader.integer() }
        if flags & PropertyFlag.priority != 0 { properties.priority = try reader.integer() }
    }

    private mutating func decodeRest(
        _ flags: UInt16,
        _ reader: inout WireReader,
        _ properties: inout Properties
    ) throws(WireReader.Malformed) {
        let correlationID = flags & PropertyFlag.correlationID != 0 ? try reader.shortString() : nil
        let replyTo = flags & PropertyFlag.replyTo != 0 ? self.replyTo.string(try reader.shortBytes()) : nil
        let expiration = flags & PropertyFlag.expiration != 0 ? try reader.shortString() : nil
        let messageID = flags & PropertyFlag.messageID != 0 ? try reader.shortString() : nil
        let timestamp = flags & PropertyFlag.timestamp != 0 ? try reader.integer(UInt64.self) : nil
        let type = flags & PropertyFlag.type != 0 ? try reader.shortString() : nil
        let userID = flags & PropertyFlag.userID != 0 ? try reader.shortString() : nil
        let appID = flags & PropertyFlag.appID != 0 ? try reader.shortString() : nil
        properties = Properties(
            contentType: properties.contentType,
            contentEncoding: properties.contentEncoding,
            headers: properties.headers,
            deliveryMode: properties.deliveryMode,
            priority: properties.priority,
            correlationID: correlationID,
            replyTo: replyTo,
            expiration: expiration,
            messageID: messageID,
            timestamp: timestamp,
            type: type,
            userID: userID,
            appID: appID
        )
        if flags & PropertyFlag.clusterID != 0 { _ = try reader.shortBytes() }
    }
}
