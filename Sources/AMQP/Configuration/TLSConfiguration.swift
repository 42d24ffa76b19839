// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// TLS settings of a connection; verification is on unless turned off.
public struct TLSConfiguration: Sendable, Hashable {
    /// Oldest protocol version that is accepted.
    public enum Version: Sendable, Hashable {
        /// TLS 1.2.
        case tls12
        /// TLS 1.3.
        case tls13
    }

    /// PEM file with the authorities to trust; nil for the system's trust store.
    public var caFile: String?
    /// PEM file with the client's certificate chain; goes with `keyFile`.
    public var certificateFile: String?
    /// PEM file with the client's private key, without a passphrase.
    public var keyFile: String?
    /// Whether the broker's certificate must come from a trusted authority.
    public var verifiesPeer: Bool
    /// Whether the broker's certificate must name the host connected to.
    public var verifiesHostname: Bool
    /// Oldest protocol version that is accepted.
    public var minimumVersion: Version

    /// Makes TLS settings.
    public init(
        caFile: String? = nil,
        certificateFile: String? = nil,
        keyFile: String? = nil,
        verifiesPeer: Bool = true,
        verifiesHostname: Bool = true,
        minimumVersion: Version = .tls12
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.verifiesPeer = verifiesPeer
        self.verifiesHostname = verifiesHostname
        self.minimumVersion = minimumVersion
    }
}
