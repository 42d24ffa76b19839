// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
internal import Threads

/// A certificate that a client has proved to be its own, when the connection was made.
///
/// A reference, so that its principal is made once for all requests of a connection.
public final class ProvedCertificate: Sendable {
    /// Who it is for, as one of its names says it, in the certificate's bytes.
    public enum Name: Sendable {
        case uri([UInt8])
        case dns([UInt8])
        case email([UInt8])
        case commonName([UInt8])
    }

    /// Its names, in its order.
    public let names: [Name]
    /// When it ends, in seconds since 1970.
    public let end: Int64
    private let named = Guarded<(by: CertificateNamer, principal: Principal)?>(nil)

    /// Puts them together.
    public init(names: [Name], end: Int64) {
        self.names = names
        self.end = end
    }

    /// Whose it is, as one namer has it.
    func principal(by namer: CertificateNamer, now: Int64) throws(AuthenticationError) -> Principal {
        guard now < end else { throw .wrong(.certificateExpired) }
        if let named = named.withLock({ $0 }), named.by === namer { return named.principal }
        let principal = try namer.naming.principal(names, end: end)
        named.withLock { $0 = (namer, principal) }
        return principal
    }
}

/// Says whose certificates are, for as long as an authenticator lives: its principals are not those of another one.
final class CertificateNamer: Sendable {
    let naming: CertificateNaming

    init(_ naming: CertificateNaming) { self.naming = naming }
}

/// Which name of a certificate is that of a principal.
public enum CertificateNaming: String, Sendable, CaseIterable {
    /// The first kind of these that it has.
    case auto
    /// A subject alternative name that is a URI.
    case uri
    /// One that is a name of the domain name system.
    case dns
    /// One that is an address of electronic mail.
    case email
    /// The common name of the subject.
    case commonName = "cn"
    /// None: certificates open the door, and say nothing of who comes in.
    case none

    /// What names of such principals begin with, which no issuer of tokens may be called.
    static let prefix: Name = "cert"

    /// Who a certificate with these names is for.
    func principal(_ all: [ProvedCertificate.Name], end: Int64) throws(AuthenticationError) -> Principal {
        let kinds: [CertificateNaming] = self == .auto ? [.uri, .dns, .email, .commonName] : [self]
        for kind in kinds {
            let names = all.compactMap { kind.bytes(of: $0) }
            guard let first = names.first else { continue }
            // One is enough to say who it is from, and a SPIFFE ID stands alone.
            guard kind != .uri || names.count == 1, AccessName.isVisible(first) else { throw .wrong(.certificateName) }
            let name = String(decoding: first, as: UTF8.self)
            return Principal(
                name: "\(Self.prefix)\(Issuer.separator)\(kind.rawValue):\(name)",
                source: .certificate,
                proof: .certificate(names: all, end: end)
            )
        }
        throw .wrong(.certificateName)
    }

    /// The bytes of a name of this kind; nil for other kinds.
    func bytes(of name: ProvedCertificate.Name) -> [UInt8]? {
        switch (self, name) {
        case (.uri, .uri(let bytes)), (.dns, .dns(let bytes)), (.email, .email(let bytes)),
            (.commonName, .commonName(let bytes)):
            bytes
        default: nil
        }
    }
}
