// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// An origin whose pages may use the gateway: `https://app.example.org`, or `https://*.example.org` for all names below that one.
///
/// Browsers write origins in one way only, so that they are compared byte by byte.
public struct PageOrigin: Sendable, Equatable {
    /// As it is written.
    public let text: String
    /// All of it, or what comes before the names below.
    private let start: [UInt8]
    /// What comes behind the names below, from its dot on; nil for an origin that is one.
    private let end: [UInt8]?

    /// How origins are written, for people.
    public static let allowed =
        "origins as browsers send them, in lower case, without path and usual port: https://app.example.org, http://localhost:3000 or https://*.example.org"

    /// Reads an origin; nil for one that no browser sends.
    public init?(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        guard let scheme = Self.schemes.first(where: { bytes.starts(with: $0.start.utf8) }) else { return nil }
        let rest = bytes.dropFirst(scheme.start.utf8.count)
        guard rest.starts(with: "*.".utf8) else {
            guard Self.isAuthority(rest, usualPort: scheme.port) else { return nil }
            (start, end) = (bytes, nil)
            return
        }
        let parent = rest.dropFirst(2)
        // One name, such as "org", has too many owners.
        guard Self.isAuthority(parent, usualPort: scheme.port), parent.contains(UInt8(ascii: ".")) else { return nil }
        (start, end) = (Array(scheme.start.utf8), Array(rest.dropFirst()))
    }

    /// Whether a value of the field `Origin` is this origin, or one of these.
    func contains(_ origin: ArraySlice<UInt8>) -> Bool {
        guard let end else { return origin.elementsEqual(start) }
        guard origin.count > start.count + end.count, origin.starts(with: start),
            origin.suffix(end.count).elementsEqual(end)
        else { return false }
        return Self.isName(origin.dropFirst(start.count).dropLast(end.count))
    }

    private static let schemes = [(start: "https://", port: "443"), (start: "http://", port: "80")]

    /// Whether bytes are a host, with a port or without.
    private static func isAuthority(_ bytes: ArraySlice<UInt8>, usualPort: String) -> Bool {
        let isAddress = bytes.first == UInt8(ascii: "[")
        guard let hostEnd = isAddress ? bytes.firstIndex(of: UInt8(ascii: "]")).map({ $0 + 1 }) : bytes.endIndex else {
            return false
        }
        let colon =
            bytes[(isAddress ? hostEnd : bytes.startIndex)...].firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        let host = bytes[..<colon]
        guard isAddress ? colon == hostEnd && isNetworkAddress(host) : isName(host) else { return false }
        return colon == bytes.endIndex || isPort(bytes[(colon + 1)...], usual: usualPort)
    }

    /// Labels of lower-case letters, digits, `-` and `_`, with a dot between each two.
    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty
                && label.allSatisfy { byte in
                    switch byte {
                    case 0x61...0x7a, 0x30...0x39, 0x2d, 0x5f: true
                    default: false
                    }
                }
        }
    }

    private static func isNetworkAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count > 3
            && bytes.dropFirst().dropLast().allSatisfy { byte in
                switch byte {
                case 0x61...0x66, 0x30...0x39, 0x3a, 0x2e: true
                default: false
                }
            }
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>, usual: String) -> Bool {
        guard (1...5).contains(bytes.count), bytes.allSatisfy({ (0x30...0x39).contains($0) }), bytes.first != 0x30
        else {
            return false
        }
        return !bytes.elementsEqual(usual.utf8) && bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }
}

/// Which pages of other origins may use the gateway, and how. None by default.
public struct CrossOriginConfiguration: Sendable, Equatable {
    /// The origins of these pages.
    public var origins: [PageOrigin] = []
    /// Whether browsers may send what they keep for the gateway, such as a client certificate.
    public var credentials = false

    /// Makes a configuration without origins.
    public init() {}

    /// Whether a value of the field `Origin` is one of them.
    func allows(_ origin: ArraySlice<UInt8>) -> Bool { origins.contains { $0.contains(origin) } }
}
