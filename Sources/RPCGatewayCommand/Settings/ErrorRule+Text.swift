// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway

extension ErrorRule {
    /// Reads `nova.exception.*NotFound=404`; nil when it is not of that form.
    init?(_ text: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let status = Int(parts[1]), (400...599).contains(status),
            parts[0].unicodeScalars.allSatisfy({ $0 == "." || $0 == "*" || $0 == "?" || Self.isName($0) })
        else { return nil }
        self.init(pattern: String(parts[0]), status: status)
    }

    var text: String { "\(pattern)=\(status)" }

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isXIDContinue
    }
}

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
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { .list($0[keyPath: path].map(\.text)) }
        )
    }
}
