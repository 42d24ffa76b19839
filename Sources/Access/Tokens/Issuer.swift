// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names
internal import Threads

/// Somebody whose tokens are taken, and what they have to say.
public final class Issuer: Sendable {
    /// What is written about an issuer.
    struct Terms: Sendable, Equatable {
        /// How the operator calls it: the names of its principals begin with this.
        var name: Name
        /// What its tokens have as `iss`.
        var issuer: Name
        /// Of what a token has as `aud`, one has to be among these.
        var audiences: [Name]
        var algorithms: Set<SignatureAlgorithm>
        /// Seconds by which clocks may differ.
        var leeway: Double
        var principal: ClaimPointer
        var roles: ClaimPointer?
        /// Where services' attributes of its principals are.
        var attributes: [PrincipalAttribute: ClaimPointer] = [:]
    }

    let terms: Terms
    /// Its keys.
    public let keys: IssuerKeys

    init(_ terms: Terms, _ keys: IssuerKeys) {
        self.terms = terms
        self.keys = keys
    }

    /// How the operator calls it.
    public var name: Name { terms.name }

    /// Whom a token is about, once it is proved to be this issuer's, and the last second in which it is taken.
    ///
    /// - Parameter now: Seconds since 1970.
    func principal(
        of token: SignedToken,
        _ claims: ClaimValue,
        _ keys: KeySet,
        now: Int64
    ) throws(AuthenticationError) -> (principal: Principal, end: Int64) {
        guard terms.algorithms.contains(token.algorithm) else { throw .wrong(.tokenAlgorithm) }
        try checkAudience(claims["aud"])
        let end = try checkTimes(claims, Double(now))
        let key = try token.check(keys)
        let proof = ProvedToken(
            issuer: self,
            keyID: token.keyID,
            algorithm: token.algorithm,
            key: key,
            keys: keys,
            end: end
        )
        return (try principal(claims, proof), end)
    }

    private func checkAudience(_ audience: ClaimValue?) throws(AuthenticationError) {
        let named = audience?.text.map { [$0] } ?? audience?.texts ?? []
        guard named.contains(where: terms.audiences.contains) else { throw .wrong(.tokenAudience) }
    }

    private func checkTimes(_ claims: ClaimValue, _ now: Double) throws(AuthenticationError) -> Int64 {
        guard let expiry = try Self.time(claims["exp"]) else { throw .wrong(.tokenWithoutEnd) }
        guard now < expiry + terms.leeway else { throw .wrong(.tokenExpired) }
        if let begin = try Self.time(claims["nbf"]), now < begin - terms.leeway { throw .wrong(.tokenEarly) }
        // One of the future was not made by a clock that can be trusted with its end.
        if let made = try Self.time(claims["iat"]), now < made - terms.leeway { throw .wrong(.tokenEarly) }
        return Int64(min(expiry + terms.leeway, 1e15).rounded(.up)) - 1
    }

    /// Whether keys that were not known at the last look may have signed claims: they were made since.
    func mayBeOfNewerKeys(_ claims: ClaimValue, now: Int64, at moment: Moment) -> Bool {
        guard !keys.isAway, let age = keys.age(at: moment), case .number(let made)? = claims["iat"] else {
            return keys.isAway
        }
        return made >= Double(now - age.components.seconds) - 1
    }

    /// A time in seconds since 1970; nil for none.
    private static func time(_ claim: ClaimValue?) throws(AuthenticationError) -> Double? {
        switch claim {
        case nil: return nil
        case .number(let seconds)? where seconds >= 0: return seconds
        default: throw .wrong(.tokenTime)
        }
    }

    private func principal(_ claims: ClaimValue, _ proof: ProvedToken) throws(AuthenticationError) -> Principal {
        guard let own = terms.principal.value(in: claims)?.text, AccessName.isVisible(own.utf8) else {
            throw .wrong(.tokenName)
        }
        return Principal(
            name: "\(terms.name)\(Self.separator)\(own)",
            roles: try roles(claims),
            attributes: try attributes(claims),
            source: .token(issuer: terms.name),
            proof: .token(proof)
        )
    }

    private func roles(_ claims: ClaimValue) throws(AuthenticationError) -> [Name] {
        guard let claim = terms.roles?.value(in: claims) else { return [] }
        let roles: [Name]
        if let words = claim.text {
            roles = words.utf8.split(separator: 0x20).map { Name(String(decoding: Array($0), as: UTF8.self)) }
        } else if let texts = claim.texts {
            roles = texts
        } else {
            throw .wrong(.tokenRoles)
        }
        guard roles.count <= Self.mostRoles, roles.allSatisfy(AccessName.isOfOthers) else { throw .wrong(.tokenRoles) }
        return roles
    }

    private func attributes(_ claims: ClaimValue) throws(AuthenticationError) -> [PrincipalAttribute: Name] {
        var attributes: [PrincipalAttribute: Name] = [:]
        for (attribute, pointer) in terms.attributes {
            guard let claim = pointer.value(in: claims), claim != .null else { continue }
            guard let value = claim.text, AccessName.isOfOthers(value) else { throw .wrong(.tokenAttribute) }
            attributes[attribute] = value
        }
        return attributes
    }

    /// What stands between the name of an issuer and that of its principal: no name of another source has it.
    static let separator = "#"
    static let mostRoles = 256
}
