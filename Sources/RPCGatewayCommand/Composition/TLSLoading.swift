// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer

/// Reads the files that TLS is spoken with.
enum TLSLoading {
    /// What is to be in force; nil where no TLS is spoken.
    ///
    /// - Throws: what is wrong with a file, by its setting and path.
    static func load(_ settings: Settings, now: Int64 = WallClock.now()) throws(SettingsError) -> TLSContext? {
        guard settings.tls.isOn else { return nil }
        var identities: [TLSConfiguration.Identity] = []
        for (certificate, key) in zip(settings.tls.certificates, settings.tls.keys) {
            identities.append(
                TLSConfiguration.Identity(
                    certificate: try read("http.tls.certificate", certificate),
                    key: try read("http.tls.key", key)
                )
            )
        }
        let configuration = TLSConfiguration(
            identities: identities,
            clientAuthority: try read("http.tls.clientAuthority", settings.access.clientAuthority),
            revoked: try read("http.tls.revoked", settings.tls.revoked),
            requiresClientCertificate: settings.tls.clientCertificate == .required,
            minimum: settings.tls.minimum
        )
        do throws(TLSRefusal) {
            return try TLSContext(configuration, now: now)
        } catch {
            throw SettingsError(problems: [problem(error, settings)])
        }
    }

    /// Every file that is read for it.
    static func files(_ settings: Settings) -> [String] {
        guard settings.tls.isOn else { return [] }
        let others = [settings.access.clientAuthority, settings.tls.revoked].compactMap { $0 }
        return settings.tls.certificates + settings.tls.keys + others
    }

    private static func problem(_ refusal: TLSRefusal, _ settings: Settings) -> SettingsProblem {
        let (subject, path): (String, String?) =
            switch refusal.part {
            case .certificate(let number): ("http.tls.certificate", settings.tls.certificates[number])
            case .key(let number): ("http.tls.key", settings.tls.keys[number])
            case .clientAuthority: ("http.tls.clientAuthority", settings.access.clientAuthority)
            case .revoked: ("http.tls.revoked", settings.tls.revoked)
            case .library: ("TLS", nil)
            }
        return SettingsProblem(subject: subject, source: path.map { "file \($0)" }, reason: refusal.reason)
    }

    private static func read(_ key: String, _ path: String?) throws(SettingsError) -> [UInt8]? {
        guard let path else { return nil }
        let bytes: [UInt8] = try read(key, path)
        return bytes
    }

    private static func read(_ key: String, _ path: String) throws(SettingsError) -> [UInt8] {
        do throws(SmallFileError) {
            return try SmallFile.bytes(of: path)
        } catch {
            throw SettingsError(problems: [SettingsProblem(subject: key, source: "file \(path)", reason: error.text)])
        }
    }
}
