// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access

/// Who may come in, and where that is written.
struct AccessSettings: Sendable, Equatable {
    /// The path of the keys file; nil for none.
    var keysFile: String?
    /// The path of the file of issuers of tokens; nil for none.
    var issuersFile: String?
    /// Whether requests without a credential are let in; nil leaves it to whether there is any source of credentials.
    var takesAnonymous: Bool?

    /// The path of the file with the rules; nil for none.
    var policyFile: String?
    /// Which decisions are told to the log.
    var audit = PolicyAudit.denied

    /// The files that are read.
    var files: [String] { [keysFile, issuersFile, policyFile].compactMap { $0 } }

    /// Whether it is asked at all who requests are from, and what they may.
    var asks: Bool { !files.isEmpty || takesAnonymous == false }
}

extension SettingsTable {
    /// Who may come in.
    static let access: [Setting] = [
        .path(
            "auth.keys",
            \.access.keysFile,
            "The file with the API keys, as rpc-gateway keys new prints its lines; read again when it changes"
        ).reloadable(),
        .path(
            "auth.issuers",
            \.access.issuersFile,
            "The file of those whose JSON Web Tokens are taken; read again when it or a file that it names changes"
        ).reloadable(),
        .optionalBoolean(
            "auth.anonymous",
            \.access.takesAnonymous,
            "Let requests without a credential in, as the principal anonymous; auto only with neither keys nor issuers"
        ).reloadable(),
        .path(
            "policy.file",
            \.access.policyFile,
            "The file with the rules of who may do what; with one, what no rule allows is denied; read again when it changes"
        ).reloadable(),
        .choice(
            "policy.audit",
            \.access.audit,
            "Which decisions of the policy have a line of the log: those that deny, all, or none"
        ).reloadable(),
    ]
}

extension Setting {
    /// The path of a file that may be left out.
    fileprivate static func path(_ key: String, _ path: SettingPath<String?>, _ meaning: String) -> Setting {
        custom(key, path, type: "path or none", allowed: "none or the path of a file", meaning) {
            $0 == "none" ? .some(nil) : .some($0)
        } text: {
            $0 ?? "none"
        }
    }
}
