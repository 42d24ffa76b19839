// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Logging

/// Reads the files that say who may do what.
enum AccessLoading {
    /// What is to be in force; nil where everybody may do everything.
    ///
    /// - Parameters:
    ///   - earlier: What has been in force; its keys keep the time of their last use.
    ///   - logger: Hears of the keys that issuers show; nil where none are to be got.
    /// - Throws: everything that is wrong with the files, by file, line and field.
    static func load(
        _ settings: AccessSettings,
        after earlier: AccessControl?,
        logger: Logger? = nil
    ) throws(SettingsError) -> AccessControl? {
        let proxy = settings.proxy.trusted
        guard settings.asks else {
            // What a proxy says of addresses matters for limits, too.
            return proxy.map { AccessControl(authenticator: Authenticator(keys: nil, proxy: $0), asks: false) }
        }
        let keys = try settings.keysFile.map { path throws(SettingsError) in
            try read("auth.keys", path) { bytes throws(AccessFileError) in
                try KeyTable(file: bytes, after: earlier?.authenticator.keys)
            }
        }
        let authenticator = Authenticator(
            keys: keys,
            issuers: try issuers(settings, after: earlier?.authenticator.issuers, logger),
            proxy: proxy,
            certificates: settings.certificateNaming,
            takesAnonymous: settings.takesAnonymous
        )
        return AccessControl(
            authenticator: authenticator,
            policy: try policy(settings),
            audit: settings.audit,
            contextTerms: settings.contextTerms
        )
    }

    /// The rules; nil where no file of rules is configured.
    static func policy(_ settings: AccessSettings) throws(SettingsError) -> Policy? {
        try settings.policyFile.map { path throws(SettingsError) in
            try read("policy.file", path) { bytes throws(AccessFileError) in try Policy(file: bytes) }
        }
    }

    /// Whose tokens are taken; nil where there is no file of them.
    private static func issuers(
        _ settings: AccessSettings,
        after earlier: IssuerTable?,
        _ logger: Logger?
    ) throws(SettingsError) -> IssuerTable? {
        try settings.issuersFile.map { path throws(SettingsError) in
            try read("auth.issuers", path) { bytes throws(AccessFileError) in
                let fetching = KeyFetching(logger: logger) { Self.path($0, besides: path) }
                return try IssuerTable(file: bytes, fetching: fetching, after: earlier) {
                    named throws(IssuerFileRefusal) in
                    do throws(SmallFileError) {
                        return try SmallFile.bytes(of: Self.path(named, besides: path))
                    } catch {
                        throw IssuerFileRefusal(reason: error.text)
                    }
                }
            }
        }
    }

    /// Every file that is read for what is in force.
    static func files(_ settings: AccessSettings, _ access: AccessControl?) -> [String] {
        guard let issuers = settings.issuersFile else { return settings.files }
        let named = access?.authenticator.issuers?.files ?? []
        return settings.files + named.map { path($0, besides: issuers) }
    }

    /// A path that stands in a file, seen from the folder of that file.
    private static func path(_ named: String, besides file: String) -> String {
        guard named.utf8.first != 0x2f, let slash = file.utf8.lastIndex(of: 0x2f) else { return named }
        return String(file[...slash]) + named
    }

    /// The most bytes of such a file: some ten thousand keys or rules.
    private static let maximumBytes = 8 << 20

    private static func read<Value>(
        _ key: String,
        _ path: String,
        _ parse: ([UInt8]) throws(AccessFileError) -> Value
    ) throws(SettingsError) -> Value {
        func problem(_ reason: String) -> SettingsProblem {
            SettingsProblem(subject: key, source: "file \(path)", reason: reason)
        }
        let bytes: [UInt8]
        do throws(SmallFileError) {
            bytes = try SmallFile.bytes(of: path, atMost: maximumBytes)
        } catch {
            throw SettingsError(problems: [problem(error.text)])
        }
        do throws(AccessFileError) {
            return try parse(bytes)
        } catch {
            throw SettingsError(problems: error.problems.map { problem($0.description) })
        }
    }
}
