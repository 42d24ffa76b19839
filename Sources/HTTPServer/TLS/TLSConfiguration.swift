// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a server that speaks TLS is told: the contents of files, in PEM.
public struct TLSConfiguration: Sendable, Equatable {
    /// A certificate that the server shows.
    public struct Identity: Sendable, Equatable {
        /// The certificate, and those that lead from it to an authority.
        public var certificate: [UInt8]
        /// Its private key, not encrypted.
        public var key: [UInt8]

        /// Puts them together.
        public init(certificate: [UInt8], key: [UInt8]) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// A version of TLS (RFC 5246, RFC 8446).
    public enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// The certificates; a client that names a server in its hello gets one that has this name, any other the first.
    public var identities: [Identity]
    /// The authorities whose certificates clients may show; nil where none is asked for.
    public var clientAuthority: [UInt8]?
    /// Lists of revoked certificates of these authorities; nil for none.
    public var revoked: [UInt8]?
    /// Whether a client without a certificate is turned away, where they are asked for.
    public var requiresClientCertificate: Bool
    /// The oldest version that is spoken.
    public var minimum: Version

    /// A configuration without a certificate cannot serve.
    public init(
        identities: [Identity],
        clientAuthority: [UInt8]? = nil,
        revoked: [UInt8]? = nil,
        requiresClientCertificate: Bool = true,
        minimum: Version = .tls12
    ) {
        self.identities = identities
        self.clientAuthority = clientAuthority
        self.revoked = revoked
        self.requiresClientCertificate = requiresClientCertificate
        self.minimum = minimum
    }
}

/// Why TLS cannot be spoken with a configuration: one thing that is wrong with it.
public struct TLSRefusal: Error, Sendable, Equatable {
    /// The part that is wrong.
    public enum Part: Sendable, Equatable {
        /// The certificate of an identity, by its number from 0.
        case certificate(Int)
        /// The key of an identity.
        case key(Int)
        case clientAuthority
        case revoked
        /// None: memory is short, or the system's configuration of the library forbids what is needed.
        case library
    }

    /// The part that is wrong.
    public var part: Part
    /// What is wrong with it and the fix, as the end of a sentence that begins with its name.
    public var reason: String
}

/// Everything that is wrong with a configuration, in its order.
public struct TLSRefusals: Error, Sendable, Equatable {
    /// One at the least, at most one of each part.
    public private(set) var all: [TLSRefusal] = []

    /// Does something that may be refused; nil, with the refusal noted, where it is.
    @discardableResult
    mutating func note<Value>(_ body: () throws(TLSRefusal) -> Value) -> Value? {
        do throws(TLSRefusal) {
            return try body()
        } catch {
            all.append(error)
            return nil
        }
    }
}
