// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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
            show: { .text(TransportURLRedaction.redacted($0[keyPath: path])) }
        )
    }
}
