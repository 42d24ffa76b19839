// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Where a request came from, read once for all rules.
enum PeerAddress: Sendable, Equatable {
    case network(NetworkAddress)
    /// A Unix socket, by the number of the peer's user.
    case unix(user: Name)

    /// What the address of a Unix socket's peer begins with.
    static let unixPrefix = "unix:"

    /// Reads an address as requests have it; nil for any other text, to which no pattern applies.
    init?(_ text: String) {
        if let user = Self.user(text) {
            self = .unix(user: user)
        } else if let address = NetworkAddress(text) {
            self = .network(address)
        } else {
            return nil
        }
    }

    /// The number of a user as `unix:33` has it; nil for another text.
    static func user(_ text: String) -> Name? {
        guard Name(text).hasPrefix(unixPrefix) else { return nil }
        let digits = text.utf8.dropFirst(unixPrefix.utf8.count)
        guard (1...10).contains(digits.count), digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Name(String(decoding: Array(digits), as: UTF8.self))
    }
}

/// Where requests have to come from for a rule: networks, the peers of Unix sockets, or those of one user.
enum PeerPattern: Sendable, Equatable {
    case network(NetworkRange)
    case anyUnix
    case unix(user: Name)

    /// How they are written.
    static let allowed =
        NetworkRange.allowed + ", unix for the peers of Unix sockets, or unix: and the number of a user"

    /// Reads a pattern; nil for any other text.
    init?(_ text: String) {
        if Name(text) == "unix" {
            self = .anyUnix
        } else if let user = PeerAddress.user(text) {
            self = .unix(user: user)
        } else if let range = NetworkRange(text) {
            self = .network(range)
        } else {
            return nil
        }
    }

    func matches(_ peer: PeerAddress) -> Bool {
        switch (self, peer) {
        case (.network(let range), .network(let address)): range.contains(address)
        case (.anyUnix, .unix): true
        case (.unix(let wanted), .unix(let user)): wanted == user
        case (.network, .unix), (.anyUnix, .network), (.unix, .network): false
        }
    }
}
