// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway

extension Setting {
    /// The list of rules that map remote exceptions to statuses.
    static func rules(
        _ key: String,
        _ path: SettingPath<[ErrorRule]>,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key,
            type: "list",
            allowed: "a list of module.ClassGlob=status, each status from 400 to 599",
            meaning: meaning,
            isList: true,
            apply: { raw, settings in
                guard case .list(let texts) = raw else { return false }
                let rules = texts.compactMap { ErrorRule($0) }
                guard rules.count == texts.count else { return false }
                settings[keyPath: path] = rules
                return true
            },
            show: { .list($0[keyPath: path].map(\.text)) }
        )
    }
}
