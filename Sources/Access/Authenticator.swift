// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why nobody knows who a request is from.
public enum AuthenticationError: Error, Sendable, Equatable {
    /// It brought no credential, and has to.
    case missing
    /// It brought one that proves nothing.
    case wrong(Reason)
    /// It brought a field twice, or credentials of two principals.
    case ambiguous(Ambiguity)
    /// It brought a token of whose issuer no keys are known, or none that are new enough: nobody's fault who asks.
    case keysUnknown
    /// It brought one where none belongs.
    case misplaced(Place)
    /// It brought a field that says whom a proxy has proved, and cannot be believed.
    case unbelievable(field: String, Disbelief)

    /// Why a credential proves nothing: for the log, as the client is told no more than that it is so.
    public enum Reason: String, Sendable {
        case unknown = "no such key"
        case expired = "the key has expired"
        case tokenForm = "the token is not of three parts of base64url with JSON in them"
        case tokenExtension = "the token has crit, and no extension is known"
        case tokenType = "the token is for something else: its typ is neither JWT nor at+jwt"
        case tokenAlgorithm = "the algorithm of the token is not one of its issuer and key"
        case tokenIssuer = "the issuer of the token is not configured"
        case tokenKey = "the issuer has no key with the kid of the token"
        case tokenKeyName = "the token has no kid, and several keys of its issuer fit"
        case tokenSignature = "the signature of the token is wrong"
        case tokenAudience = "the token is for another audience"
        case tokenWithoutEnd = "the token has no exp"
        case tokenExpired = "the token has expired"
        case tokenEarly = "the token is not valid yet"
        case tokenTime = "exp, nbf or iat of the token is no time"
        case tokenName = "the claim with the name is missing, no text, or longer than 256 visible characters"
        case tokenRoles = "the claim with the roles is neither a list of texts nor a text of words"
        case tokenAttribute = "a claim with the user, project or domain is no text of 1 to 256 characters"
        case proxyStatus = "the proxy has not confirmed who the request is from"
        case proxyName = "the proxy names nobody, or somebody without a name of 1 to 256 visible characters"
        case proxyRoles = "the roles that the proxy names are not such as rules can name"
        case proxyAttribute = "what the proxy says of a user, project or domain is no text of 1 to 256 characters"
        case tooLong = "the credential is too long"
        case certificateExpired = "the client certificate has ended since the connection was made"
        case certificateName =
            "the client certificate has no name of the kind in auth.certificates, several URIs, or one that is longer than 256 visible characters"
        case otherScheme = "Authorization has another scheme than Bearer"
    }

    /// What is not clear, with the fix.
    public enum Ambiguity: String, Sendable {
        case authorizationTwice = "Authorization: the field is given twice; send it once"
        case apiKeyTwice = "X-Api-Key: the field is given twice; send it once"
        case certificate =
            "the client certificate and a field name two different principals; send the request without Authorization and X-Api-Key"
        case principals = "Authorization and X-Api-Key name two different principals; send one of them"
        case proxy = "the credential and what the proxy says are of two different principals; send one of them"
    }

    /// Where credentials do not belong, with the fix.
    public enum Place: String, Sendable {
        case query = "query: a credential has no place in a URL, which logs keep; send it as Authorization: Bearer KEY"
        case cookie =
            "Cookie: a credential has no place in a cookie, which browsers send unasked; send it as Authorization: Bearer KEY"
    }

    /// Why a field of a proxy is not believed, with the fix.
    public enum Disbelief: String, Sendable {
        case foreign =
            "only a trusted proxy says who a request is from (auth.proxy.addresses, auth.proxy.certificates); leave the field out"
        case twice = "the field is given twice; send it once"
        case noAddress = "the proxy says something else than a numeric address"
        case contradicted = "the field says something else than its older name; send one of them"
    }

    /// What is wrong, for the log.
    public var reason: String {
        switch self {
        case .missing: "no credential"
        case .keysUnknown: "the keys of the token's issuer are not known now"
        case .wrong(let reason): reason.rawValue
        case .ambiguous(let what): what.rawValue
        case .misplaced(let place): place.rawValue
        case .unbelievable(let field, let why): "\(field): \(why.rawValue)"
        }
    }
}

/// What credentials show at once.
public enum Finding: Sendable {
    /// Who a request is from.
    case principal(Principal)
    /// Nothing yet: a token has to be proved first.
    case unproved(UnprovedToken)
}

/// Finds out who a request is from.
///
/// Each credential that a request brings has to be right, and all of them have to be of one principal: a wrong one is never
/// passed over for another, nor for none. They are looked at in a fixed order: what a proxy says, the certificate of the client, `Authorization`, then
/// `X-Api-Key`.
public struct Authenticator: Sendable {
    /// The keys that are taken; nil where no keys file is configured.
    public let keys: KeyTable?
    /// Whose tokens are taken; nil where no file of issuers is configured.
    public let issuers: IssuerTable?
    /// Who in front of the gateway is believed; nil for nobody.
    public let proxy: TrustedProxy?
    /// Which name of a client's certificate is its principal's.
    public var certificates: CertificateNaming { namer.naming }
    private let namer: CertificateNamer
    private let ofProxy = ProxyPrincipals()
    let takesAnonymous: Bool

    /// Makes an authenticator.
    ///
    /// - Parameters:
    ///   - certificates: Which name of a client's certificate is its principal's; none where no certificates are asked for.
    ///   - takesAnonymous: Whether a request without a credential is let in, as `anonymous`; nil where that is so for want
    ///     of any source of principals.
    public init(
        keys: KeyTable?,
        issuers: IssuerTable? = nil,
        proxy: TrustedProxy? = nil,
        certificates: CertificateNaming = .none,
        takesAnonymous: Bool? = nil
    ) {
        self.keys = keys
        self.issuers = issuers
        self.proxy = proxy
        namer = CertificateNamer(certificates)
        let hasSource = keys != nil || issuers != nil || proxy?.identity != nil || certificates != .none
        self.takesAnonymous = takesAnonymous ?? !hasSource
    }

    /// Who a request is from, however long it takes to find out.
    ///
    /// - Parameter now: Seconds since 1970.
    public func principal(of credentials: Credentials, now: Int64) throws(AuthenticationError) -> Principal {
        switch try look(credentials, now: now) {
        case .principal(let principal): principal
        case .unproved(let token): try token.principal(now: now, hasAsked: false)
        }
    }

    /// What credentials show without longer work.
    ///
    /// - Parameter now: Seconds since 1970.
    public func look(_ credentials: Credentials, now: Int64) throws(AuthenticationError) -> Finding {
        let proved = try named(credentials, now)
        // A proxy's own certificate says who it is, and nothing of whom a request is from.
        let isOfProxy = proxy?.certificates.name(credentials.certificate, now: now) ?? false
        if let certificate = credentials.certificate, certificates != .none, !isOfProxy {
            let principal = try certificate.principal(by: namer, now: now)
            // No key, no token and no proxy's word is of a principal with such a name.
            guard !credentials.hasField, proved == nil else { throw .ambiguous(.certificate) }
            return .principal(principal)
        }
        let first = try finding(authorization: credentials.authorization, now)
        let second = try Self.agreed(proved, try principal(apiKey: credentials.apiKey, now))
        switch first {
        case .unproved(let token)?:
            return .unproved(token.beside(second))
        case .principal(let first)?:
            guard second?.isSame(as: first) ?? true else { throw .ambiguous(proved == nil ? .principals : .proxy) }
            return .principal(first)
        case nil:
            if let second { return .principal(second) }
            guard takesAnonymous else { throw .missing }
            return .principal(.anonymous)
        }
    }

    /// Whom a proxy names.
    private func named(_ credentials: Credentials, _ now: Int64) throws(AuthenticationError) -> Principal? {
        guard let proxy, !credentials.ofProxy.isEmpty else { return nil }
        return try ofProxy.principal(credentials, now: now) { () throws(AuthenticationError) in
            try proxy.principal(credentials, now: now)
        }
    }

    private static func agreed(_ proved: Principal?, _ other: Principal?) throws(AuthenticationError) -> Principal? {
        guard let proved, let other else { return proved ?? other }
        guard proved.isSame(as: other) else { throw .ambiguous(.proxy) }
        return proved
    }

    private func finding(
        authorization field: Credentials.Field,
        _ now: Int64
    ) throws(AuthenticationError) -> Finding? {
        switch field {
        case .absent: return nil
        case .repeated: throw .ambiguous(.authorizationTwice)
        case .once(let value):
            guard value.count <= Credentials.maximumBytes else { throw .wrong(.tooLong) }
            guard let token = Credentials.bearer(value) else { throw .wrong(.otherScheme) }
            return try finding(bearer: token, now)
        }
    }

    /// A key or a token, which cannot be taken for one another.
    private func finding(bearer: ArraySlice<UInt8>, _ now: Int64) throws(AuthenticationError) -> Finding {
        guard let issuers, !bearer.starts(with: APIKey.prefix), SignedToken.hasForm(bearer) else {
            return .principal(try principal(key: bearer, now))
        }
        let digest = KeyDigest(of: bearer)
        if let principal = issuers.recall(digest, now: now) { return .principal(principal) }
        return .unproved(UnprovedToken(token: bearer, digest: digest, issuers: issuers, other: nil))
    }

    private func principal(apiKey field: Credentials.Field, _ now: Int64) throws(AuthenticationError) -> Principal? {
        switch field {
        case .absent: return nil
        case .repeated: throw .ambiguous(.apiKeyTwice)
        case .once(let key): return try principal(key: key, now)
        }
    }

    private func principal(key: ArraySlice<UInt8>, _ now: Int64) throws(AuthenticationError) -> Principal {
        guard key.count <= Credentials.maximumBytes else { throw .wrong(.tooLong) }
        switch keys?.look(key, now: now) ?? .unknown {
        case .found(let principal): return principal
        case .expired: throw .wrong(.expired)
        case .unknown: throw .wrong(.unknown)
        }
    }
}
