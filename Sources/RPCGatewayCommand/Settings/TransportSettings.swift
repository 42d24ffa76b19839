// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where the messages go.
struct TransportSettings: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// May hold a password: show `redactedURL` instead.
    var url = "memory://"

    /// The part before `://`, in lower case.
    var scheme: String { url.prefix { $0 != ":" }.lowercased() }

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
}
