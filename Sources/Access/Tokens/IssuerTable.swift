// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names
public import Threads

/// The issuers whose tokens are taken.
public final class IssuerTable: Sendable {
    /// They, in the order of the file.
    public let issuers: [Issuer]
    /// The files that were read besides, as they are written in the file of issuers.
    public let files: [String]
    let byIssuer: [Name: Issuer]
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

    /// Gets keys that issuers show at an address, if it is time to; to be called about twice a second.
    public func refresh(at now: Moment) {
        for issuer in issuers { issuer.keys.refresh(at: now) }
    }

    /// Proves who a token is from, and remembers it. Takes up to some milliseconds, so that it is not for a loop.
    func prove(_ token: UnprovedToken, now: Int64) throws(AuthenticationError) -> TokenProof {
        if let principal = recall(token.digest, now: now) { return .principal(principal) }
        let reading = try read(token.token)
        guard let keys = reading.issuer.keys.current else { return .keysWanted(reading.issuer.keys) }
        do throws(AuthenticationError) {
            return .principal(try accept(reading, keys, token.digest, now: now))
        } catch {
            guard error == .wrong(.tokenKey), reading.issuer.keys.address != nil else { throw error }
            return .keysWanted(reading.issuer.keys)
        }
    }

    /// Proves who a token is from by the keys that there are.
    ///
    /// - Parameter hasAsked: Whether its issuer was asked for its keys since it came.
    func judge(_ token: UnprovedToken, now: Int64, hasAsked: Bool) throws(AuthenticationError) -> Principal {
        let reading = try read(token.token)
        let issuer = reading.issuer
        guard let keys = issuer.keys.current else { throw .keysUnknown }
        do throws(AuthenticationError) {
            return try accept(reading, keys, token.digest, now: now)
        } catch {
            guard error == .wrong(.tokenKey), issuer.keys.address != nil else { throw error }
            let isOpen = hasAsked ? issuer.keys.isAway : issuer.mayBeOfNewerKeys(reading.claims, now: now, at: .now)
            throw isOpen ? .keysUnknown : error
        }
    }

    private struct Reading {
        let token: SignedToken
        let claims: ClaimValue
        let issuer: Issuer
    }

    private func read(_ bytes: ArraySlice<UInt8>) throws(AuthenticationError) -> Reading {
        let token = try SignedToken(bytes)
        guard let claims = ClaimValue(json: token.payload), case .object = claims else { throw .wrong(.tokenForm) }
        guard let name = claims["iss"]?.text, let issuer = byIssuer[name] else { throw .wrong(.tokenIssuer) }
        return Reading(token: token, claims: claims, issuer: issuer)
    }

    private func accept(
        _ reading: Reading,
        _ keys: KeySet,
        _ digest: KeyDigest,
        now: Int64
    ) throws(AuthenticationError) -> Principal {
        let (principal, end) = try reading.issuer.principal(of: reading.token, reading.claims, keys, now: now)
        cache.insert(digest, TokenCache.Entry(principal: principal, end: end, keys: keys, issuer: reading.issuer))
        return principal
    }
}

/// What an attempt to prove a token comes to.
public enum TokenProof: Sendable {
    /// Who it is from.
    case principal(Principal)
    /// Nothing yet: no key of its issuer is known that could have signed it, and the issuer can be asked.
    case keysWanted(IssuerKeys)
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

    /// Proves who the request is from.
    func proof(now: Int64) throws(AuthenticationError) -> TokenProof {
        let proof = try issuers.prove(self, now: now)
        if case .principal(let principal) = proof { _ = try agreed(principal) }
        return proof
    }

    /// Who the request is from, by the keys that there are.
    func principal(now: Int64, hasAsked: Bool) throws(AuthenticationError) -> Principal {
        try agreed(try issuers.judge(self, now: now, hasAsked: hasAsked))
    }

    private func agreed(_ principal: Principal) throws(AuthenticationError) -> Principal {
        guard other?.isSame(as: principal) ?? true else { throw .ambiguous(.principals) }
        return principal
    }
}
