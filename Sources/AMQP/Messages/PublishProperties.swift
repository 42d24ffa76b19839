// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The properties of a message to publish.
public enum PublishProperties: Sendable {
    /// Properties of this message alone.
    case own(Properties)
    /// Properties that many messages have in common, with this message's time to live in milliseconds.
    case shared(SharedProperties, expiration: UInt32?)

    /// Whether every short string is short enough.
    var isEncodable: Bool {
        switch self {
        case .own(let properties): properties.isEncodable
        case .shared: true
        }
    }

    func encode(into bytes: inout [UInt8]) {
        switch self {
        case .own(let properties): properties.encode(into: &bytes)
        case .shared(let shared, let expiration): shared.encode(expiration, into: &bytes)
        }
    }
}

/// Properties that are encoded once for many messages, which differ in their expiration only.
public final class SharedProperties: Sendable {
    /// As they are encoded for a message that expires, up to its expiration, and for one that does not expire.
    private let expiring: [UInt8]
    private let lasting: [UInt8]

    /// Encodes content type, content encoding, headers, delivery mode and priority; the other properties, which follow
    /// the expiration on the wire, are left out.
    public init(_ properties: Properties) {
        let common = Properties(
            contentType: properties.contentType,
            contentEncoding: properties.contentEncoding,
            headers: properties.headers,
            deliveryMode: properties.deliveryMode,
            priority: properties.priority
        )
        var bytes: [UInt8] = []
        common.encode(into: &bytes)
        lasting = bytes
        // The flags are the first two bytes.
        bytes[0] |= UInt8(PropertyFlag.expiration >> 8)
        expiring = bytes
    }

    /// The bytes without an expiration.
    var byteCount: Int { lasting.count }

    /// The bytes up to where an expiration stands, or all of them.
    func encoded(expires: Bool) -> [UInt8] { expires ? expiring : lasting }

    func encode(_ expiration: UInt32?, into bytes: inout [UInt8]) {
        guard let expiration else { return bytes.append(contentsOf: lasting) }
        bytes.append(contentsOf: expiring)
        let start = bytes.count
        bytes.append(0)
        bytes.append(decimal: expiration)
        bytes[start] = UInt8(bytes.count - start - 1)
    }
}

extension [UInt8] {
    /// Appends the decimal digits of a number.
    fileprivate mutating func append(decimal number: UInt32) {
        var divisor: UInt32 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
