// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CGnuTLS

/// What a client is told whose handshake is refused, and what the log is.
enum TLSAlert {
    /// The alert; nil where GnuTLS knows the right one by itself.
    ///
    /// - Parameter clientStatus: what is wrong with the client's certificate, as GnuTLS's bits.
    static func of(_ result: Int32, clientStatus: UInt32) -> gnutls_alert_description_t? {
        if clientStatus & GNUTLS_CERT_REVOKED.rawValue != 0 { return GNUTLS_A_CERTIFICATE_REVOKED }
        if clientStatus & (GNUTLS_CERT_EXPIRED.rawValue | GNUTLS_CERT_NOT_ACTIVATED.rawValue) != 0 {
            return GNUTLS_A_CERTIFICATE_EXPIRED
        }
        if clientStatus & GNUTLS_CERT_SIGNER_NOT_FOUND.rawValue != 0 { return GNUTLS_A_UNKNOWN_CA }
        if clientStatus != 0 { return GNUTLS_A_BAD_CERTIFICATE }
        // TLS 1.2 has no alert for a certificate that is missing.
        return result == GNUTLS_E_NO_CERTIFICATE_FOUND ? GNUTLS_A_HANDSHAKE_FAILURE : nil
    }

    /// What is wrong with a client's certificate.
    static func reason(_ clientStatus: UInt32) -> String {
        if clientStatus & GNUTLS_CERT_REVOKED.rawValue != 0 { return "the client's certificate is revoked" }
        if clientStatus & GNUTLS_CERT_EXPIRED.rawValue != 0 { return "the client's certificate has ended" }
        if clientStatus & GNUTLS_CERT_NOT_ACTIVATED.rawValue != 0 { return "the client's certificate is not valid yet" }
        let superseded = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED.rawValue
        if clientStatus & superseded != 0 { return "the list of revoked certificates has ended" }
        if clientStatus & GNUTLS_CERT_SIGNER_NOT_FOUND.rawValue != 0 {
            return "the client's certificate is of an unknown authority"
        }
        return "the client's certificate is not for this"
    }
}
