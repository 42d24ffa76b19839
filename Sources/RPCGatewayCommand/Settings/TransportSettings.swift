// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Where the messages go.
struct TransportSettings: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// May hold a password: show `redactedURL` instead.
    var url = "memory://"
    /// The password of the hosts that have none in the URL; nil leaves them without.
    var password: String?

    /// The part before `://`, in lower case.
    var scheme: String { url.prefix { $0 != ":" }.lowercased() }

    /// The address with its passwords.
    ///
    /// - Throws: What is wrong with the URL.
    var address: TransportURL {
        get throws(TransportURLError) {
            let url = try TransportURL(url)
            return password.map { url.givingHosts(password: $0) } ?? url
        }
    }

    /// The address without passwords.
    var redactedURL: String { TransportURLRedaction.redacted(url) }

    /// Redacted, since whatever holds settings may be printed into a log.
    var description: String { redactedURL }

    /// Redacted as well: printing a structure goes through the mirrors of its parts.
    var customMirror: Mirror { Mirror(self, children: ["url": redactedURL]) }
}

extension Setting {
    /// The transport's address, which is never shown with its passwords.
    static func transportURL(
        _ key: String,
        _ path: SettingPath<String>,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key,
            type: "URL",
            allowed: "a transport URL such as rabbit://user:password@host:5672/vhost or memory://",
            meaning: meaning,
            isSecret: true,
            explain: { raw in
                guard case .text(let url) = raw else { return nil }
                return TransportCheck.problem(with: url)
            },
            apply: { raw, settings in
                guard case .text(let url) = raw, TransportCheck.problem(with: url) == nil else { return false }
                settings[keyPath: path] = url
                return true
            },
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { .text(TransportURLRedaction.redacted($0[keyPath: path])) }
        )
    }
    /// A text that is never shown, and may be left out.
    static func secret(_ key: String, _ path: SettingPath<String?>, _ meaning: String) -> Setting {
        Setting(
            key: key,
            type: "text",
            allowed: "any text",
            meaning: meaning,
            isSecret: true,
            documentedDefault: "none",
            apply: { raw, settings in
                guard case .text(let text) = raw else { return false }
                settings[keyPath: path] = text
                return true
            },
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { $0[keyPath: path].map { _ in .text("***") } }
        )
    }
}
