// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Names

/// To whom something belongs that the gateway keeps: a principal, or, for requests from nobody known by name, an
/// address, with IPv6 a network of 64 bits.
struct Holder: Hashable, Sendable {
    private let hash: Int

    /// The holder that a request belongs to.
    init(_ exchange: Exchange) {
        self.init(exchange.caller?.principal, address: exchange.request.head.remoteAddress)
    }

    /// The holder that a principal is, or that is behind an address where there is none with a name.
    init(_ principal: Principal?, address: String) {
        if let principal, !principal.isAnonymous {
            self.init(principal: principal.name)
        } else {
            self.init(address: address)
        }
    }

    /// A number that tells holders apart and that nobody can choose.
    var number: Int { hash }

    /// The holder that has a name.
    init(principal: Name) {
        var hasher = Hasher()
        hasher.combine(principal)
        // No address is hashed in this way.
        hasher.combine(true)
        hash = hasher.finalize()
    }

    /// The holder behind a numeric address.
    init(address: String) {
        var hasher = Hasher()
        if address.utf8.contains(UInt8(ascii: ":")) {
            for part in Self.network(address) { hasher.combine(part) }
        } else {
            for byte in address.utf8 { hasher.combine(byte) }
        }
        hash = hasher.finalize()
    }

    /// The first four groups of an IPv6 address, up to a run of zeros; any other address as a whole.
    private static func network(_ address: String) -> [[UInt8]] {
        let colon = UInt8(ascii: ":")
        guard !address.utf8.contains(UInt8(ascii: ".")) else { return [Array(address.utf8)] }
        let groups = address.utf8.split(separator: colon, omittingEmptySubsequences: false).map { Array($0) }
        return groups.prefix(4).prefix { !$0.isEmpty }.flatMap { [$0, [colon]] }
    }
}
