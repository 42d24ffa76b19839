// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Names

/// Whose something is that the gateway keeps: all requests of one principal, or where nobody is known by name, all from one
/// address, with IPv6 from one network of 64 bits.
struct Holder: Hashable, Sendable {
    private let hash: Int

    /// Whose a request is.
    init(_ exchange: Exchange) {
        if let principal = exchange.caller?.principal, !principal.isAnonymous {
            self.init(principal: principal.name)
        } else {
            self.init(address: exchange.request.head.remoteAddress)
        }
    }

    /// The holder that has a name.
    init(principal: Name) {
        var hasher = Hasher()
        hasher.combine(principal)
        // No address is fed so.
        hasher.combine(true)
        hash = hasher.finalize()
    }

    /// The holder behind a numeric address.
    init(address: String) {
        var hasher = Hasher()
        for part in Self.network(address) { hasher.combine(part) }
        hash = hasher.finalize()
    }

    /// The first four groups of an address of IPv6, up to a run of zeros; every other address whole.
    private static func network(_ address: String) -> [[UInt8]] {
        let colon = UInt8(ascii: ":")
        guard address.utf8.contains(colon), !address.utf8.contains(UInt8(ascii: ".")) else {
            return [Array(address.utf8)]
        }
        let groups = address.utf8.split(separator: colon, omittingEmptySubsequences: false).map { Array($0) }
        return groups.prefix(4).prefix { !$0.isEmpty }.flatMap { [$0, [colon]] }
    }
}
