// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// What has proved who a principal is, as far as that can be looked at again without the credential, which nobody keeps.
enum PrincipalProof: Sendable {
    case nothing
    case key(KeyDigest)
    case token(ProvedToken)
    /// The word of a proxy, with its address and the certificate that it has shown.
    case proxy(peer: String, ProvedCertificate?)
    case certificate(names: [ProvedCertificate.Name], end: Int64)
}

/// What a token was proved by.
struct ProvedToken: Sendable {
    let issuer: Issuer
    /// How it names its key.
    let keyID: Name?
    let algorithm: SignatureAlgorithm
    let key: VerificationKey
    let keys: KeySet
    /// The last second in which it is taken.
    let end: Int64
}

extension Authenticator {
    /// A principal as it is now; nil where what proved it does not hold any more.
    ///
    /// Costs a look into a table and no signature. A token counts as long as the entry of its issuer and the key that proved it are
    /// what they were.
    ///
    /// - Parameter now: Seconds since 1970.
    func current(_ principal: Principal, now: Int64) -> Principal? {
        switch principal.proof {
        case .nothing: takesAnonymous && principal.isAnonymous ? principal : nil
        case .key(let digest): keys?.current(digest, now: now).flatMap { $0.name == principal.name ? $0 : nil }
        case .token(let token): issuers?.holds(token, now: now) ?? false ? principal : nil
        case .proxy(let peer, let certificate):
            proxy?.proves(at: peer, certificate, now: now) ?? false ? principal : nil
        case .certificate(let names, let end):
            now < end && certificates.names(principal, by: names, end: end) ? principal : nil
        }
    }
}

extension KeyTable {
    /// Whose key has a digest, unless it has expired.
    fileprivate func current(_ digest: KeyDigest, now: Int64) -> Principal? {
        guard let entry = entries[digest], entry.expiry.map({ now < $0 }) ?? true else { return nil }
        return entry.principal
    }
}

extension IssuerTable {
    /// Whether a token that was proved before would be taken now.
    fileprivate func holds(_ token: ProvedToken, now: Int64) -> Bool {
        guard now <= token.end, let issuer = byIssuer[token.issuer.terms.issuer],
            issuer === token.issuer || issuer.terms == token.issuer.terms, let keys = issuer.keys.current
        else { return false }
        guard keys !== token.keys else { return true }
        guard case .found(let key) = keys.look(token.keyID, token.algorithm) else { return false }
        return key.isSame(as: token.key)
    }
}

extension TrustedProxy {
    /// Whether a peer is still believed in whom it has proved.
    fileprivate func proves(at peer: String, _ certificate: ProvedCertificate?, now: Int64) -> Bool {
        identity != nil && believes(peer, certificate, now: now)
    }
}

extension CertificateNaming {
    /// Whether a certificate with these names is still a principal's.
    fileprivate func names(_ principal: Principal, by names: [ProvedCertificate.Name], end: Int64) -> Bool {
        self != .none && (try? self.principal(names, end: end))?.name == principal.name
    }
}
