// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The issuers whose tokens are taken.
public final class IssuerTable: Sendable {
    /// They, in the order of the file.
    public let issuers: [Issuer]
    /// The files that were read besides, as they are written in the file of issuers.
    public let files: [String]
    private let byIssuer: [Name: Issuer]
    private let cache: TokenCache

    /// The tokens that are remembered; each costs some hundreds of bytes.
    static let mostRemembered = 16_384

    init(_ issuers: [Issuer], files: [String] = [], remembering most: Int = mostRemembered) {
        self.issuers = issuers
        self.files = files
        byIssuer = Dictionary(issuers.map { ($0.terms.issuer, $0) }, uniquingKeysWith: { first, _ in first })
        cache = TokenCache(capacity: most)
    }

    /// How many tokens are remembered.
    public var remembered: Int { cache.count }

    /// Who a token is from, if that was proved before and still holds: costs a digest and a look into a table.
    func recall(_ digest: KeyDigest, now: Int64) -> Principal? { cache.principal(digest, now: now) }

    /// Proves who a token is from, and remembers it. Takes up to some milliseconds, so that it is not for a loop.
    func prove(_ bytes: ArraySlice<UInt8>, _ digest: KeyDigest, now: Int64) throws(AuthenticationError) -> Principal {
        if let principal = recall(digest, now: now) { return principal }
        let token = try SignedToken(bytes)
        guard let claims = ClaimValue(json: token.payload), case .object = claims else { throw .wrong(.tokenForm) }
        guard let name = claims["iss"]?.text, let issuer = byIssuer[name] else { throw .wrong(.tokenIssuer) }
        let keys = issuer.keys
        let (principal, end) = try issuer.principal(of: token, claims, now: now)
        cache.insert(digest, TokenCache.Entry(principal: principal, end: end, keys: keys, issuer: issuer))
        return principal
    }
}

/// A token that was not proved before: proving it takes longer than a loop may be held up.
public struct UnprovedToken: Sendable {
    let token: ArraySlice<UInt8>
    let digest: KeyDigest
    let issuers: IssuerTable
    /// Whom another credential of the same request has proved.
    let other: Principal?

    /// The same, in a request that has proved somebody besides.
    func beside(_ other: Principal?) -> UnprovedToken {
        UnprovedToken(token: token, digest: digest, issuers: issuers, other: other)
    }

    /// Who the request is from.
    func principal(now: Int64) throws(AuthenticationError) -> Principal {
        let principal = try issuers.prove(token, digest, now: now)
        guard other?.isSame(as: principal) ?? true else { throw .ambiguous(.principals) }
        return principal
    }
}
