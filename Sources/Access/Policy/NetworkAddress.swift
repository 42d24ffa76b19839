// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A numeric address, the addresses of IPv4 as those of IPv6 that stand for them.
struct NetworkAddress: Sendable, Equatable {
    fileprivate let high: UInt64
    fileprivate let low: UInt64

    /// Reads an address; nil for any other text.
    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if text.utf8.contains(UInt8(ascii: ":")) {
            // Right: the C library writes 16 bytes, which the array has; neither pointer is kept.
            guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        } else {
            var short = [UInt8](repeating: 0, count: 4)
            // Right: as above, with 4 bytes.
            guard unsafe inet_pton(AF_INET, text, &short) == 1 else { return nil }
            bytes = [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + short
        }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The address as the C library writes it, those of IPv4 with dots.
    var text: String {
        if high == 0, low >> 32 == 0xffff {
            return [24, 16, 8, 0].map { String(low >> UInt64($0) & 0xff) }.joined(separator: ".")
        }
        let bytes = [high, low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // Right: the C library reads 16 bytes and writes at most as many as it is told; neither pointer is kept.
        guard unsafe inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether it is written as one of IPv4.
    fileprivate static func isShort(_ text: some StringProtocol) -> Bool { !text.utf8.contains(UInt8(ascii: ":")) }
}

/// Addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or one address.
struct NetworkRange: Sendable, Equatable {
    private let base: NetworkAddress
    private let highMask: UInt64
    private let lowMask: UInt64

    /// How ranges are written.
    static let allowed = "an address or a range such as 10.0.0.0/8 or 2001:db8::/32, without bits behind the prefix"

    /// Reads a range; nil for any other text, and where bits are set behind the prefix: whoever wrote them meant something else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(String(parts[0])) else { return nil }
        let bits = NetworkAddress.isShort(parts[0]) ? 32 : 128
        var length = bits
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]), number <= bits
            else { return nil }
            length = number
        }
        length += 128 - bits
        highMask = Self.mask(length)
        lowMask = Self.mask(length - 64)
        base = address
        guard address.high & ~highMask == 0, address.low & ~lowMask == 0 else { return nil }
    }

    /// Whether it is all of IPv4 or IPv6.
    var isEverybody: Bool { lowMask == 0 && highMask == 0 || self == Self.allOfIPv4 }
    private static let allOfIPv4 = NetworkRange("0.0.0.0/0")

    func contains(_ address: NetworkAddress) -> Bool {
        address.high & highMask == base.high && address.low & lowMask == base.low
    }

    private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : .max << UInt64(64 - bits) }
}
