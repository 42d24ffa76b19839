// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CGnuTLS
@preconcurrency internal import Glibc

/// Certificates, keys and rules with which TLS is spoken: read, checked, and ready for any number of connections.
///
/// A connection keeps the one that was in force when its handshake began.
public final class TLSContext: @unchecked Sendable {
    // Sound: constant after `init`, and GnuTLS lets sessions of any threads share credentials and priorities that nobody
    // changes.
    private let credentials: LibraryCredentials
    /// Where there are several: each, with credentials that have no other.
    private let alone: [(identity: LibraryIdentity, credentials: LibraryCredentials)]
    private let priority: LibraryPriority
    /// Another one in every context, so that nobody goes on with a session that began under others.
    private let tickets: TicketKey
    private let request: gnutls_certificate_request_t
    private let clientAuthority: [UInt8]?
    private let revoked: [UInt8]?
    /// When the first certificate of each identity ends, or one of those behind it before, in seconds since 1970.
    public let ends: [Int64]

    /// Reads and checks everything.
    ///
    /// - Parameter now: Seconds since 1970; what has ended by then, or not begun, is refused.
    public init(_ configuration: TLSConfiguration, now: Int64) throws(TLSRefusals) {
        var refusals = TLSRefusals()
        let identities = configuration.identities.enumerated().compactMap { number, identity in
            LibraryIdentity(identity, number, now: now, &refusals)
        }
        if configuration.identities.isEmpty {
            refusals.note { () throws(TLSRefusal) in throw TLSRefusal(part: .certificate(0), reason: "is missing") }
        }
        let credentials = Self.credentials(identities, configuration, now: now, &refusals)
        let priority = refusals.note { () throws(TLSRefusal) in try LibraryPriority(configuration.minimum) }
        let tickets = refusals.note { () throws(TLSRefusal) in try TicketKey() }
        guard refusals.all.isEmpty, let credentials, let priority, let tickets else { throw refusals }
        (self.credentials, self.priority, self.tickets) = (credentials, priority, tickets)
        // What was good for all of them is good for each.
        alone =
            identities.count < 2
            ? []
            : identities.compactMap { identity in
                Self.credentials([identity], configuration, now: now, &refusals).map { (identity, $0) }
            }
        guard refusals.all.isEmpty else { throw refusals }
        ends = identities.map(\.end)
        clientAuthority = configuration.clientAuthority
        revoked = configuration.revoked
        request =
            configuration.clientAuthority == nil
            ? GNUTLS_CERT_IGNORE
            : configuration.requiresClientCertificate ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST
    }

    private static func credentials(
        _ identities: [LibraryIdentity],
        _ configuration: TLSConfiguration,
        now: Int64,
        _ refusals: inout TLSRefusals
    ) -> LibraryCredentials? {
        guard let credentials = refusals.note({ () throws(TLSRefusal) in try LibraryCredentials() }) else { return nil }
        for identity in identities { refusals.note { () throws(TLSRefusal) in try credentials.add(identity) } }
        var isTrusting = true
        if let authority = configuration.clientAuthority {
            isTrusting = refusals.note { () throws(TLSRefusal) in try credentials.trust(authority, now: now) } != nil
        }
        if let revoked = configuration.revoked {
            refusals.note { () throws(TLSRefusal) in
                // Who has signed a list shows only where the authorities are known.
                try LibraryCredentials.checkLists(revoked, now: now)
                if isTrusting { try credentials.distrust(revoked) }
            }
        }
        return credentials
    }

    /// Whether clients' certificates are proved by the same authorities and lists.
    func trusts(like other: TLSContext) -> Bool {
        self === other || clientAuthority == other.clientAuthority && revoked == other.revoked
    }

    /// Whether clients are asked for certificates.
    var asksClients: Bool { clientAuthority != nil }

    /// Whether a client without a certificate is turned away.
    var requiresClients: Bool { request == GNUTLS_CERT_REQUIRE }

    /// A session for a client that has just connected; nil when memory is short.
    func makeSession(_ client: cgnutls_client) -> gnutls_session_t? {
        var client = client
        if alone.isEmpty { client.greeted = nil }
        return withUnsafePointer(to: client) {
            cgnutls_serve(credentials.pointer, priority.pointer, request, tickets.pointer, $0)
        }
    }

    /// Has a session show the certificate that is for the host which its client has named.
    ///
    /// GnuTLS finds one that has the whole name, and among several of them one that the client can use; not one with `*`.
    func choose(for session: gnutls_session_t) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.longestHost + 1) { name in
            var (size, kind) = (Self.longestHost, UInt32(0))
            guard gnutls_server_name_get(session, name.baseAddress, &size, &kind, 0) == 0,
                kind == GNUTLS_NAME_DNS.rawValue, let host = name.baseAddress, size <= Self.longestHost
            else { return }
            name[size] = 0
            guard !alone.contains(where: { $0.identity.isFor(host, byPattern: false) }),
                let match = alone.first(where: { $0.identity.isFor(host, byPattern: true) })
            else { return }
            gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(match.credentials.pointer))
        }
    }

    private static let longestHost = 255

    /// Has a session prove certificates by this context from now on.
    func adopt(_ session: gnutls_session_t) {
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials.pointer))
    }
}

/// Which versions and algorithms are spoken: those with forward secrecy and authenticated encryption.
private final class LibraryPriority {
    let pointer: gnutls_priority_t

    init(_ minimum: TLSConfiguration.Version) throws(TLSRefusal) {
        let versions = minimum == .tls12 ? "+VERS-TLS1.3:+VERS-TLS1.2" : "+VERS-TLS1.3"
        let text =
            "NORMAL:-VERS-ALL:\(versions):-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"
            + ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD"
            // The group for which clients send a share of their own accord: another one takes one more round trip.
            + ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:%SERVER_PRECEDENCE"
        var made: gnutls_priority_t?
        guard gnutls_priority_init(&made, text, nil) == 0, let made else {
            let reason = "has no algorithms to offer: look at the system's configuration of GnuTLS"
            throw TLSRefusal(part: .library, reason: reason)
        }
        pointer = made
    }

    deinit { gnutls_priority_deinit(pointer) }
}

/// The key of the tickets by which clients go on with their sessions (RFC 5077; RFC 8446, section 2.2). It never leaves the process.
private final class TicketKey {
    let pointer: UnsafeMutablePointer<gnutls_datum_t>

    init() throws(TLSRefusal) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: gnutls_datum_t())
        guard gnutls_session_ticket_key_generate(pointer) == 0 else {
            throw TLSRefusal(part: .library, reason: "has no random numbers for a key of tickets")
        }
    }

    deinit {
        cgnutls_forget(pointer)
        pointer.deallocate()
    }
}
