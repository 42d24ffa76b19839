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
        var files = FilesRead()
        let configuration = configuration(settings, &files)
        do throws(TLSRefusals) {
            return try TLSContext(configuration, now: now)
        } catch {
            // What could not be read is wrong in no other way.
            let others = error.all.filter { refusal in !files.missing.contains { $0.part == refusal.part } }
            let wrong = files.missing + others.map { ($0.part, $0.reason) }
            throw SettingsError(problems: wrong.map { problem($0.part, $0.reason, settings) })
        }
    }

    private static func configuration(_ settings: Settings, _ files: inout FilesRead) -> TLSConfiguration {
        var identities: [TLSConfiguration.Identity] = []
        for (number, (certificate, key)) in zip(settings.tls.certificates, settings.tls.keys).enumerated() {
            identities.append(
                TLSConfiguration.Identity(
                    certificate: files.read(certificate, .certificate(number)),
                    key: files.read(key, .key(number))
                )
            )
        }
        return TLSConfiguration(
            identities: identities,
            clientAuthority: settings.access.clientAuthority.map { files.read($0, .clientAuthority) },
            revoked: settings.tls.revoked.map { files.read($0, .revoked) },
            requiresClientCertificate: settings.tls.clientCertificate == .required,
            minimum: settings.tls.minimum
        )
    }

    /// Every file that is read for it.
    static func files(_ settings: Settings) -> [String] {
        guard settings.tls.isOn else { return [] }
        let others = [settings.access.clientAuthority, settings.tls.revoked].compactMap { $0 }
        return settings.tls.certificates + settings.tls.keys + others
    }

    private static func problem(
        _ part: TLSRefusal.Part,
        _ reason: String,
        _ settings: Settings
    ) -> SettingsProblem {
        let (subject, path): (String, String?) =
            switch part {
            case .certificate(let number): ("http.tls.certificate", settings.tls.certificates[number])
            case .key(let number): ("http.tls.key", settings.tls.keys[number])
            case .clientAuthority: ("http.tls.clientAuthority", settings.access.clientAuthority)
            case .revoked: ("http.tls.revoked", settings.tls.revoked)
            case .library: ("TLS", nil)
            }
        return SettingsProblem(subject: subject, source: path.map { "file \($0)" }, reason: reason)
    }
}

/// Reads files, and goes on where one cannot be read: the others may be wrong as well.
private struct FilesRead {
    private(set) var missing: [(part: TLSRefusal.Part, reason: String)] = []

    /// The bytes of a file; none, which no part can be, where it cannot be read.
    mutating func read(_ path: String, _ part: TLSRefusal.Part) -> [UInt8] {
        do throws(SmallFileError) {
            return try SmallFile.bytes(of: path)
        } catch {
            missing.append((part, error.text))
            return []
        }
    }
}
