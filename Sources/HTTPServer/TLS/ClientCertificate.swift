// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CGnuTLS
public import Threads

/// A certificate that a client has shown, and that an authority of the server's has signed.
public final class ClientCertificate: Sendable {
    /// Who a certificate is for, as one of its names says it.
    public enum Name: Sendable, Equatable {
        /// A subject alternative name that is a URI, such as a SPIFFE ID.
        case uri([UInt8])
        /// One that is a name of the domain name system.
        case dns([UInt8])
        /// One that is an address of electronic mail.
        case email([UInt8])
        /// A common name of the subject.
        case commonName([UInt8])
    }

    /// All of them: the subject alternative names in the certificate's order, then the first common name. The bytes are the certificate's.
    public let names: [Name]
    /// When it ends, in seconds since 1970.
    public let end: Int64
    /// What the application makes of it once for all requests of its connection.
    public let note = Note()

    /// A certificate made by hand, for tests.
    public init(names: [Name], end: Int64) {
        self.names = names
        self.end = end
    }
}

extension ClientCertificate {
    /// More names than this are not looked at.
    private static let mostNames: UInt32 = 64
    private static let longestName = 2_048
    private static let commonName = "2.5.4.3"

    /// Reads the certificate that a client has shown; nil when it has shown none.
    convenience init?(_ session: gnutls_session_t) {
        var count: UInt32 = 0
        guard let chain = gnutls_certificate_get_peers(session, &count), count > 0 else { return nil }
        var made: gnutls_x509_crt_t?
        guard gnutls_x509_crt_init(&made) == 0, let certificate = made else { return nil }
        defer { gnutls_x509_crt_deinit(certificate) }
        // The client's own certificate comes first.
        guard gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) == 0 else { return nil }
        self.init(names: Self.names(certificate), end: Int64(gnutls_x509_crt_get_expiration_time(certificate)))
    }

    private static func names(_ certificate: gnutls_x509_crt_t) -> [Name] {
        var names: [Name] = []
        var buffer = [UInt8](repeating: 0, count: longestName)
        for number in 0..<mostNames {
            var size = buffer.count
            let kind = gnutls_x509_crt_get_subject_alt_name(certificate, number, &buffer, &size, nil)
            if kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
            guard kind >= 0 else { continue }
            let bytes = Array(buffer.prefix(size))
            switch gnutls_x509_subject_alt_name_t(rawValue: UInt32(kind)) {
            case GNUTLS_SAN_URI: names.append(.uri(bytes))
            case GNUTLS_SAN_DNSNAME: names.append(.dns(bytes))
            case GNUTLS_SAN_RFC822NAME: names.append(.email(bytes))
            default: break
            }
        }
        var size = buffer.count
        if gnutls_x509_crt_get_dn_by_oid(certificate, commonName, 0, 0, &buffer, &size) == 0 {
            names.append(.commonName(Array(buffer.prefix(size))))
        }
        return names
    }
}
