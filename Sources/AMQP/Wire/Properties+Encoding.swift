// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The bit of each property in the flags of a content header.
enum PropertyFlag {
    static let contentType: UInt16 = 1 << 15
    static let contentEncoding: UInt16 = 1 << 14
    static let headers: UInt16 = 1 << 13
    static let deliveryMode: UInt16 = 1 << 12
    static let priority: UInt16 = 1 << 11
    static let correlationID: UInt16 = 1 << 10
    static let replyTo: UInt16 = 1 << 9
    static let expiration: UInt16 = 1 << 8
    static let messageID: UInt16 = 1 << 7
    static let timestamp: UInt16 = 1 << 6
    static let type: UInt16 = 1 << 5
    static let userID: UInt16 = 1 << 4
    static let appID: UInt16 = 1 << 3
    static let clusterID: UInt16 = 1 << 2
    static let more: UInt16 = 1
}

extension Properties {
    /// Whether every short string is short enough.
    var isEncodable: Bool {
        func fits(_ string: String?) -> Bool { string.map { $0.utf8.count <= 255 } ?? true }
        return fits(contentType) && fits(contentEncoding) && fits(correlationID) && fits(replyTo) && fits(expiration)
            && fits(messageID) && fits(type) && fits(userID) && fits(appID) && headers?.isEncodable ?? true
    }

    /// Appends the flags and the properties that are present, in the order of the flags.
    func encode(into bytes: inout [UInt8]) {
        let start = bytes.count
        var flags: UInt16 = 0
        bytes.append(bigEndian: flags)
        bytes.append(contentType, PropertyFlag.contentType, &flags)
        bytes.append(contentEncoding, PropertyFlag.contentEncoding, &flags)
        if let headers {
            flags |= PropertyFlag.headers
            bytes.append(table: headers)
        }
        bytes.append(deliveryMode, PropertyFlag.deliveryMode, &flags)
        bytes.append(priority, PropertyFlag.priority, &flags)
        if !endWithPriority { encodeRest(into: &bytes, &flags) }
        bytes[start] = UInt8(flags >> 8)
        bytes[start + 1] = UInt8(flags & 0xFF)
    }

    private func encodeRest(into bytes: inout [UInt8], _ flags: inout UInt16) {
        bytes.append(correlationID, PropertyFlag.correlationID, &flags)
        bytes.append(replyTo, PropertyFlag.replyTo, &flags)
        bytes.append(expiration, PropertyFlag.expiration, &flags)
        bytes.append(messageID, PropertyFlag.messageID, &flags)
        bytes.append(timestamp, PropertyFlag.timestamp, &flags)
        bytes.append(type, PropertyFlag.type, &flags)
        bytes.append(userID, PropertyFlag.userID, &flags)
        bytes.append(appID, PropertyFlag.appID, &flags)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ string: String?, _ flag: UInt16, _ flags: inout UInt16) {
        guard let string else { return }
        flags |= flag
        append(shortString: string)
    }

    fileprivate mutating func append<Integer: FixedWidthInteger>(
        _ integer: Integer?,
        _ flag: UInt16,
        _ flags: inout UInt16
    ) {
        guard let integer else { return }
        flags |= flag
        append(bigEndian: integer)
    }
}
