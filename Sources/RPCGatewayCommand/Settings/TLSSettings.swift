// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer

/// What the HTTP side speaks TLS with, and where that is written. The authority of clients' certificates is among `AccessSettings`.
struct TLSSettings: Sendable, Equatable {
    /// The files of the certificates; none where no TLS is spoken.
    var certificates: [String] = []
    /// The files of their keys, in the same order.
    var keys: [String] = []
    /// The file of the lists of revoked certificates; nil for none.
    var revoked: String?
    /// Whether a client has to have a certificate, where they are asked for.
    var clientCertificate = ClientCertificateChoice.required
    /// The oldest version that is spoken.
    var minimum = TLSConfiguration.Version.tls12

    /// Whether TLS is spoken.
    var isOn: Bool { !certificates.isEmpty }
}

/// Whether clients are let in without a certificate.
enum ClientCertificateChoice: String, Sendable, CaseIterable {
    case required, optional
}

extension SettingsTable {
    /// TLS on the HTTP side.
    static let tls: [Setting] = [
        .paths(
            "http.tls.certificate",
            \.tls.certificates,
            "The file with the certificate that clients are shown and its chain, in PEM, which turns TLS on; several for several names (SNI); read again when it changes"
        ).reloadable(),
        .paths(
            "http.tls.key",
            \.tls.keys,
            "The file with the private key of the certificate, in PEM and not encrypted; one for each certificate, in their order; read again when it changes"
        ).reloadable(),
        .choice("http.tls.minimum", \.tls.minimum, "The oldest version of TLS that is spoken").reloadable(),
        .path(
            "http.tls.clientAuthority",
            \.access.clientAuthority,
            "The file with the authorities whose certificates clients show (mutual TLS), in PEM; read again when it changes"
        ).reloadable(),
        .choice(
            "http.tls.clientCertificate",
            \.tls.clientCertificate,
            "Whether a client has to have a certificate of these authorities, where there are any"
        ).reloadable(),
        .path(
            "http.tls.revoked",
            \.tls.revoked,
            "The file with their lists of revoked certificates (CRL), in PEM; read again when it changes"
        ).reloadable(),
        .milliseconds(
            "http.tls.handshakeTimeoutMs",
            \.http.handshakeTimeout,
            100...longest,
            "How long a client may take from connecting to the end of the handshake"
        ),
        .integer(
            "http.tls.maxHandshakes",
            \.http.maximumHandshakes,
            1...1_000_000,
            "Handshakes under way at the same time; for one more the oldest is broken off of the address that has the most"
        ),
    ]
}

extension Setting {
    /// The path of a file that may be left out.
    static func path(_ key: String, _ path: SettingPath<String?>, _ meaning: String) -> Setting {
        custom(key, path, type: "path or none", allowed: "none or the path of a file", meaning) {
            $0 == "none" ? .some(nil) : .some($0)
        } text: {
            $0 ?? "none"
        }
    }

    /// The paths of files, as many as there are.
    fileprivate static func paths(_ key: String, _ path: SettingPath<[String]>, _ meaning: String) -> Setting {
        Setting(
            key: key,
            type: "list",
            allowed: "paths of files",
            meaning: meaning,
            isList: true,
            apply: { raw, settings in
                guard case .list(let paths) = raw, paths.allSatisfy({ !$0.isEmpty }) else { return false }
                settings[keyPath: path] = paths
                return true
            },
            copy: { $1[keyPath: path] = $0[keyPath: path] },
            show: { .list($0[keyPath: path]) }
        )
    }
}

extension LoadedSettings {
    /// What does not go together in the settings of TLS.
    var contradictionsOfTLS: [SettingsProblem] {
        var problems: [SettingsProblem] = []
        let tls = settings.tls
        if tls.certificates.count != tls.keys.count {
            problems.append(
                problem("http.tls.key", "must name one file for each of http.tls.certificate, in their order")
            )
        }
        if settings.access.clientAuthority != nil, !tls.isOn {
            problems.append(
                problem("http.tls.clientAuthority", "has no meaning without http.tls.certificate; set that as well")
            )
        }
        if !settings.access.proxy.certificates.isEmpty, settings.access.clientAuthority == nil {
            problems.append(
                problem("auth.proxy.certificates", "has no meaning without http.tls.clientAuthority; set that as well")
            )
        }
        if tls.revoked != nil, settings.access.clientAuthority == nil {
            problems.append(
                problem("http.tls.revoked", "has no meaning without http.tls.clientAuthority; set that as well")
            )
        }
        return problems
    }
}
