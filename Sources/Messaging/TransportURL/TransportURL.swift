// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// The address of a transport: which driver, which hosts with which credentials, which virtual host, which options.
///
/// ```
/// driver://[user[:password]@]host[:port][,[user[:password]@]host[:port]…]/virtual_host[?option=value&…]
/// ```
///
/// Credentials, the virtual host, option names and values are held decoded. Printing a URL never shows a password; the
/// whole of it is in `text`.
public struct TransportURL: Sendable, Hashable {
    /// The scheme in lower case, such as `rabbit` or `rabbit+tls`.
    @Bytewise public private(set) var transport: String
    /// The hosts in the order of the text; empty if it names none, see `effectiveHosts`.
    public let hosts: [TransportHost]
    /// The virtual host; nil if the text names none or an empty one, see `effectiveVirtualHost`.
    @Bytewise public private(set) var virtualHost: String?
    /// The query options, each name once, in the order of their first mention.
    public let options: [TransportOption]

    /// Reads a URL; blanks and line ends around it are ignored, and so is a fragment.
    ///
    /// - Throws: What is wrong and where, without any part of the text.
    public init(_ text: String) throws(TransportURLError) {
        var parser = TransportURLParser(text)
        self = try parser.parse()
    }

    /// Makes a URL from its parts as the parser yields them: every host names something, and no option name comes
    /// twice.
    init(transport: String, hosts: [TransportHost], virtualHost: String?, options: [TransportOption]) {
        self.transport = transport
        self.hosts = hosts
        self.virtualHost = virtualHost.flatMap { $0.isEmpty ? nil : $0 }
        self.options = options
    }

    /// The name under which the driver is registered: the scheme up to the first `+`.
    public var driverName: String { String(transport.unicodeScalars.prefix { $0 != "+" }) }

    /// The hosts to connect to: those of the text, or one of defaults only.
    public var effectiveHosts: [TransportHost] { hosts.isEmpty ? [TransportHost()] : hosts }

    /// The same URL with a password for every host that has none.
    public func givingHosts(password: String) -> TransportURL {
        let hosts = effectiveHosts.map { host in
            TransportHost(
                host: host.host,
                port: host.port,
                username: host.username,
                password: host.password ?? password
            )
        }
        return TransportURL(transport: transport, hosts: hosts, virtualHost: virtualHost, options: options)
    }

    /// Whether every host has a password.
    public var hasAllPasswords: Bool { effectiveHosts.allSatisfy { $0.password != nil } }

    /// The virtual host to open: that of the text, or `/`.
    public var effectiveVirtualHost: String { virtualHost ?? "/" }
}

/// One query option of a transport URL.
public struct TransportOption: Sendable, Hashable {
    /// The name, decoded.
    @Bytewise public private(set) var name: String
    /// The value, decoded; the values of a repeated name are joined with commas.
    @Bytewise public private(set) var value: String

    init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the name suggests a secret, so that the value must not be shown.
    var isSecret: Bool {
        let lowercaseName = name.lowercased().utf8
        return ["password", "passwd", "passphrase", "secret", "token"].contains { lowercaseName.contains($0.utf8) }
    }
}
