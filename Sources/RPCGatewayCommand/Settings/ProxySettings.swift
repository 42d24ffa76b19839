// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access

/// Who stands in front of the gateway and is believed.
struct ProxySettings: Sendable, Equatable {
    /// Where its requests come from.
    var peers = NetworkList.none
    /// The names of certificates that show it.
    var certificates = CertificateNames.none
    /// How it says whom it has proved.
    var identity = ProxyIdentity.none
    /// The field with their roles; nil for none.
    var roles: String?
    /// How it says where requests came from.
    var forwarding = TrustedProxy.Forwarding.xForwardedFor

    /// The proxy that is believed; nil for none.
    var trusted: TrustedProxy? {
        guard isSomebody else { return nil }
        let identity: TrustedProxy.Identity? =
            switch identity {
            case .none: nil
            case .keystone: .keystone
            case .field(let name): .fields(name: name, roles: roles)
            }
        return TrustedProxy(
            peers: peers,
            certificates: certificates,
            identity: identity,
            forwarding: forwarding
        )
    }

    private var isSomebody: Bool { !peers.isEmpty || !certificates.isEmpty }

    /// What contradicts itself: the key and the reason.
    var contradiction: (key: String, reason: String)? {
        if identity != .none, !isSomebody {
            let reason = "needs auth.proxy.addresses or auth.proxy.certificates: somebody has to be believed"
            return ("auth.proxy.identity", reason)
        }
        if identity != .none, peers.isEverybody {
            return ("auth.proxy.addresses", "means everybody, who could then say that they are anybody")
        }
        guard roles != nil else { return nil }
        if case .field = identity { return nil }
        return ("auth.proxy.roles", "has a meaning only where auth.proxy.identity is the name of a field")
    }
}

/// How a trusted proxy says whom it has proved.
enum ProxyIdentity: Sendable, Equatable {
    case none
    case keystone
    case field(String)

    static let allowed = "none, keystone or the name of a field, such as X-Remote-User"

    /// Reads it; nil for what is no name of a field, and for fields that say something else.
    init?(_ text: String) {
        switch text {
        case "none": self = .none
        case "keystone": self = .keystone
        default:
            guard FieldName.isName(text) else { return nil }
            self = .field(text)
        }
    }

    /// It as it is written.
    var text: String {
        switch self {
        case .none: "none"
        case .keystone: "keystone"
        case .field(let name): name
        }
    }
}

/// Names of fields.
enum FieldName {
    /// Fields that have a meaning of their own.
    private static let others = [
        "authorization", "x-api-key", "cookie", "host", "connection", "content-length", "content-type",
        "transfer-encoding", "x-forwarded-for", "forwarded", "origin",
    ]

    /// Whether a text is the name of a field (RFC 9110, section 5.6.2) that a proxy may fill.
    static func isName(_ text: String) -> Bool {
        let isToken = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
            default: false
            }
        }
        let name = text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        return isToken && (1...64).contains(name.count) && !others.contains { $0.utf8.elementsEqual(name) }
    }
}

extension Setting {
    /// A list of networks.
    static func networks(_ key: String, _ path: SettingPath<NetworkList>, _ meaning: String) -> Setting {
        listed(key, path, allowed: NetworkList.allowed, meaning) {
            NetworkList($0)
        } texts: {
            $0.texts
        }
    }

    /// A list of names of certificates.
    static func certificateNames(_ key: String, _ path: SettingPath<CertificateNames>, _ meaning: String) -> Setting {
        listed(key, path, allowed: CertificateNames.allowed, meaning) {
            CertificateNames($0)
        } texts: {
            $0.texts
        }
    }

    private static func listed<Value>(
        _ key: String,
        _ path: SettingPath<Value>,
        allowed: String,
        _ meaning: String,
        parse: @escaping @Sendable ([String]) -> Value?,
        texts: @escaping @Sendable (Value) -> [String]
    ) -> Setting {
        Setting(
            key: key,
            type: "list",
            allowed: allowed,
            meaning: meaning,
            isList: true,
            apply: { raw, settings in
                guard case .list(let written) = raw, let value = parse(written) else { return false }
                settings[keyPath: path] = value
                return true
            },
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { .list(texts($0[keyPath: path])) }
        )
    }
}
