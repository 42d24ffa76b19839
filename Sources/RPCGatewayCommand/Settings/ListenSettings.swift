// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// Where the gateway listens.
struct ListenSettings: Sendable, Equatable {
    /// For everybody's requests.
    var addresses: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 8080)]
    /// The permission bits of the Unix sockets among them.
    var mode: UInt32 = 0o660
    /// For those who run the gateway; none where they ask at the same addresses.
    var administration: [ListenAddress] = []
    /// The permission bits of the Unix sockets among these.
    var administrationMode: UInt32 = 0o600

    /// Whether only this machine can reach all addresses for everybody's requests.
    var isLocal: Bool { addresses.allSatisfy(\.isLocal) }
}

extension HTTPServerConfiguration {
    /// The hosts that are answered for besides those that the addresses give.
    var answeredHosts: [String] {
        get { hosts ?? [] }
        set { hosts = newValue }
    }
}

extension Setting {
    /// A list of addresses; one that may be empty is then called `none`.
    static func addresses(
        _ key: String,
        _ path: SettingPath<[ListenAddress]>,
        mayBeNone: Bool = false,
        _ meaning: String
    ) -> Setting {
        var setting = custom(
            key,
            path,
            type: mayBeNone ? "addresses or none" : "addresses",
            allowed: (mayBeNone ? "none, or " : "") + ListenAddress.allowed,
            meaning
        ) {
            mayBeNone && $0 == "none" ? [] : ListenAddresses.parse($0)
        } text: {
            $0.isEmpty ? "none" : ListenAddresses.text($0)
        }
        setting.explain = { raw in
            guard case .text(let text) = raw else { return nil }
            return ListenAddresses.explain(text)
        }
        return setting
    }

    /// The permission bits of Unix sockets.
    static func mode(_ key: String, _ path: SettingPath<UInt32>, _ meaning: String) -> Setting {
        custom(key, path, type: "mode", allowed: SocketMode.allowed, meaning) {
            SocketMode.parse($0)
        } text: {
            SocketMode.text($0)
        }
    }
}
