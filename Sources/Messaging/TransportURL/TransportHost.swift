// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// One host of a transport URL with the credentials for it; hosts do not share credentials.
public struct TransportHost: Sendable, Hashable {
    /// The name or address as written, without the brackets of an IPv6 address; nil if left out.
    @Bytewise public private(set) var host: String?
    /// The port, from 1 to 65535; nil if left out.
    public let port: Int?
    /// The decoded user name; nil if left out or empty.
    @Bytewise public private(set) var username: String?
    /// The decoded password; nil if left out or empty.
    @Bytewise public private(set) var password: String?

    init(host: String? = nil, port: Int? = nil, username: String? = nil, password: String? = nil) {
        self.host = host
        self.port = port
        self.username = username
        self.password = password
    }

    /// The host to connect to: in lower case, `localhost` if left out, the zone of an IPv6 address after a bare `%`.
    public var effectiveHost: String {
        guard let host else { return "localhost" }
        guard isAddress else { return host.lowercased() }
        return host.lowercasedAddress
    }

    /// The port to connect to: 5672 if left out, with or without TLS.
    public var effectivePort: Int { port ?? 5672 }

    /// The user to log in as: `guest` if left out.
    public var effectiveUsername: String { username ?? "guest" }

    /// The password to log in with: `guest` if left out, even where a user is given.
    public var effectivePassword: String { password ?? "guest" }

    /// Whether the host is an IPv6 address.
    var isAddress: Bool { host?.utf8.contains(0x3a) ?? false }

    var namesNothing: Bool { host == nil && port == nil && username == nil && password == nil }
}

extension String {
    /// An IPv6 address in lower case, except for its zone: interfaces may differ in case only.
    fileprivate var lowercasedAddress: String {
        guard let percent = utf8.firstIndex(of: 0x25) else { return lowercased() }
        let zone = utf8[utf8.index(after: percent)...]
        let bare = zone.starts(with: "25".utf8) ? zone.dropFirst(2) : zone
        return self[..<percent].lowercased() + "%" + Substring(bare)
    }
}
