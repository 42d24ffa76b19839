//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

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
        if flags & PropertyFlag.correlationID != 0 { properties.correlationID = try reader.shortString() }
        if flags & PropertyFlag.replyTo != 0 { properties.replyTo = replyTo.string(try reader.shortBytes()) }
        if flags & PropertyFlag.expiration != 0 { properties.expiration = try reader.shortString() }
        if flags & PropertyFlag.messageID != 0 { properties.messageID = try reader.shortString() }
        if flags & PropertyFlag.timestamp != 0 { properties.timestamp = try reader.integer() }
        if flags & PropertyFlag.type != 0 { properties.type = try reader.shortString() }
        if flags & PropertyFlag.userID != 0 { properties.userID = try reader.shortString() }
        if flags & PropertyFlag.appID != 0 { properties.appID = try reader.shortString() }
        if flags & PropertyFlag.clusterID != 0 { _ = try reader.shortBytes() }
    }
}
