// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CGnuTLS
@preconcurrency internal import Glibc

/// GnuTLS's form of certificates, keys and authorities.
final class LibraryCredentials {
    let pointer: gnutls_certificate_credentials_t
    /// More than the authorities of a whole system.
    private static let mostCertificates = 1_024
    /// A chain from a client's certificate to its authority, and the bits of each signature in it.
    private static let longestChain: (bits: UInt32, depth: UInt32) = (16_384, 8)

    init() throws(TLSRefusal) {
        var made: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&made) == 0, let made else {
            throw TLSRefusal(part: .library, reason: "is out of memory")
        }
        pointer = made
        // A list that no authority has signed is refused when it is read.
        gnutls_certificate_set_flags(made, GNUTLS_CERTIFICATE_VERIFY_CRLS.rawValue)
        gnutls_certificate_set_verify_limits(made, Self.longestChain.bits, Self.longestChain.depth)
    }

    deinit { gnutls_certificate_free_credentials(pointer) }

    /// Adds a certificate with its key.
    func add(_ identity: LibraryIdentity) throws(TLSRefusal) {
        let number = identity.number
        var certificates = identity.chain.pointers
        let result = gnutls_certificate_set_x509_key(
            pointer,
            &certificates,
            Int32(certificates.count),
            identity.key.pointer
        )
        if result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH {
            throw TLSRefusal(
                part: .key(number),
                reason: "is not the key of the certificate, which comes first in its file"
            )
        }
        guard result >= 0 else { throw TLSRefusal(part: .certificate(number), reason: Self.text(result)) }
    }

    /// Adds authorities that prove clients' certificates; one of them has to be valid now.
    func trust(_ bytes: [UInt8], now: Int64) throws(TLSRefusal) {
        let authorities = try Self.certificates(bytes, .clientAuthority)
        for (number, authority) in authorities.pointers.enumerated() {
            do throws(TLSRefusal) {
                _ = try Self.end(of: authority, .clientAuthority, now: now)
                break
            } catch {
                if number == authorities.pointers.count - 1 { throw error }
            }
        }
        let result = withDatum(bytes) { gnutls_certificate_set_x509_trust_mem(pointer, $0, GNUTLS_X509_FMT_PEM) }
        guard result > 0 else { throw TLSRefusal(part: .clientAuthority, reason: Self.text(result)) }
    }

    /// Finds out whether lists of revoked certificates can be read, and are still to be used.
    static func checkLists(_ bytes: [UInt8], now: Int64) throws(TLSRefusal) {
        for update in try nextUpdates(bytes) where update >= 0 && update <= now {
            throw TLSRefusal(
                part: .revoked,
                reason: "holds a list that ended on \(HTTPDate.text(Int(update))): get the next one"
            )
        }
    }

    /// Adds lists of certificates that these authorities have revoked.
    func distrust(_ bytes: [UInt8]) throws(TLSRefusal) {
        let result = withDatum(bytes) { gnutls_certificate_set_x509_crl_mem(pointer, $0, GNUTLS_X509_FMT_PEM) }
        if result == GNUTLS_E_CRL_VERIFICATION_ERROR {
            throw TLSRefusal(part: .revoked, reason: "holds a list that none of the authorities has signed")
        }
        guard result > 0 else { throw TLSRefusal(part: .revoked, reason: Self.text(result)) }
    }

    private static func text(_ result: Int32) -> String {
        guard result < 0, let text = gnutls_strerror(result) else {
            return "cannot be used: it holds nothing in PEM form"
        }
        return "cannot be used: \(String(cString: text))"
    }

    /// When a certificate ends, which has to be valid now.
    fileprivate static func end(
        of certificate: gnutls_x509_crt_t?,
        _ part: TLSRefusal.Part,
        now: Int64
    ) throws(TLSRefusal) -> Int64 {
        let begin = gnutls_x509_crt_get_activation_time(certificate)
        let end = gnutls_x509_crt_get_expiration_time(certificate)
        if begin > now {
            throw TLSRefusal(part: part, reason: "begins to be valid on \(HTTPDate.text(begin)): look at the clock")
        }
        if end <= now { throw TLSRefusal(part: part, reason: "ended on \(HTTPDate.text(end)): renew it") }
        return Int64(end)
    }

    fileprivate static func certificates(_ bytes: [UInt8], _ part: TLSRefusal.Part) throws(TLSRefusal)
        -> CertificateList
    {
        var pointers = [gnutls_x509_crt_t?](repeating: nil, count: mostCertificates)
        var count = UInt32(mostCertificates)
        let result = withDatum(bytes) {
            gnutls_x509_crt_list_import(
                &pointers,
                &count,
                $0,
                GNUTLS_X509_FMT_PEM,
                GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED.rawValue
            )
        }
        guard result > 0 else {
            throw TLSRefusal(
                part: part,
                reason: "holds no certificates in PEM form, -----BEGIN CERTIFICATE-----, or a broken one"
            )
        }
        return CertificateList(pointers.prefix(Int(result)).compactMap { $0 })
    }

    /// When the lists of a file are to be replaced, in seconds since 1970; negative where a list does not say.
    private static func nextUpdates(_ bytes: [UInt8]) throws(TLSRefusal) -> [Int64] {
        var pointers = [gnutls_x509_crl_t?](repeating: nil, count: mostCertificates)
        var count = UInt32(mostCertificates)
        let result = withDatum(bytes) {
            gnutls_x509_crl_list_import(
                &pointers,
                &count,
                $0,
                GNUTLS_X509_FMT_PEM,
                GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED.rawValue
            )
        }
        guard result > 0 else {
            throw TLSRefusal(
                part: .revoked,
                reason: "holds no list in PEM form, -----BEGIN X509 CRL-----, or a broken one"
            )
        }
        let lists = pointers.prefix(Int(result))
        defer { for list in lists { gnutls_x509_crl_deinit(list) } }
        return lists.map { Int64(gnutls_x509_crl_get_next_update($0)) }
    }
}

/// A certificate that the server shows, with its chain and key.
final class LibraryIdentity {
    let number: Int
    /// When the first certificate of the chain ends, in seconds since 1970.
    let end: Int64
    fileprivate let chain: CertificateList
    fileprivate let key: PrivateKey

    /// Reads a certificate and its key; nil, with what is wrong with either, where they cannot be used.
    init?(_ identity: TLSConfiguration.Identity, _ number: Int, now: Int64, _ refusals: inout TLSRefusals) {
        self.number = number
        let read = refusals.note { () throws(TLSRefusal) in
            let chain = try LibraryCredentials.certificates(identity.certificate, .certificate(number))
            return (chain: chain, end: try chain.end(.certificate(number), now: now))
        }
        let key = refusals.note { () throws(TLSRefusal) in try PrivateKey(identity.key, number) }
        guard let read, let key else { return nil }
        (chain, end, self.key) = (read.chain, read.end, key)
    }

    /// Whether the certificate is for a host, by its whole name or, where that is allowed, by one with `*`.
    func isFor(_ host: UnsafePointer<CChar>, byPattern: Bool) -> Bool {
        guard let certificate = chain.pointers.first else { return false }
        let flags = byPattern ? 0 : GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS.rawValue
        return gnutls_x509_crt_check_hostname2(certificate, host, flags) != 0
    }
}

/// Certificates that were read, freed with this object.
private final class CertificateList {
    let pointers: [gnutls_x509_crt_t?]

    init(_ pointers: [gnutls_x509_crt_t]) { self.pointers = pointers }

    /// When the first of them ends; all have to be valid now.
    func end(_ part: TLSRefusal.Part, now: Int64) throws(TLSRefusal) -> Int64 {
        var first = Int64.max
        for pointer in pointers { first = min(first, try LibraryCredentials.end(of: pointer, part, now: now)) }
        return first
    }

    deinit { for pointer in pointers { gnutls_x509_crt_deinit(pointer) } }
}

/// A private key that was read, freed with this object.
private final class PrivateKey {
    let pointer: gnutls_x509_privkey_t

    init(_ bytes: [UInt8], _ number: Int) throws(TLSRefusal) {
        var made: gnutls_x509_privkey_t?
        guard gnutls_x509_privkey_init(&made) == 0, let made else {
            throw TLSRefusal(part: .library, reason: "is out of memory")
        }
        pointer = made
        let result = withDatum(bytes) { gnutls_x509_privkey_import(made, $0, GNUTLS_X509_FMT_PEM) }
        guard result == 0 else {
            throw TLSRefusal(
                part: .key(number),
                reason: "holds no private key in PEM form that is not encrypted, -----BEGIN PRIVATE KEY-----"
            )
        }
    }

    deinit { gnutls_x509_privkey_deinit(pointer) }
}

/// Lends bytes to GnuTLS, which reads them during the call.
private func withDatum(_ bytes: [UInt8], _ body: (UnsafePointer<gnutls_datum_t>) -> Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
        let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress)?.assumingMemoryBound(to: UInt8.self)
        var datum = gnutls_datum_t(data: start, size: UInt32(clamping: buffer.count))
        return body(&datum)
    }
}
