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
    /// It brought one where none belongs.
    case misplaced(Place)

    /// Why a credential proves nothing: for the log, as the client is told no more than that it is so.
    public enum Reason: String, Sendable {
        case unknown = "no such key"
        case expired = "the key has expired"
        case tooLong = "the credential is too long"
        case otherScheme = "Authorization has another scheme than Bearer"
    }

    /// What is not clear, with the fix.
    public enum Ambiguity: String, Sendable {
        case authorizationTwice = "Authorization: the field is given twice; send it once"
        case apiKeyTwice = "X-Api-Key: the field is given twice; send it once"
        case principals = "Authorization and X-Api-Key name two different principals; send one of them"
    }

    /// Where credentials do not belong, with the fix.
    public enum Place: String, Sendable {
        case query = "query: a credential has no place in a URL, which logs keep; send it as Authorization: Bearer KEY"
        case cookie =
            "Cookie: a credential has no place in a cookie, which browsers send unasked; send it as Authorization: Bearer KEY"
    }

    /// What is wrong, for the log.
    public var reason: String {
        switch self {
        case .missing: "no credential"
        case .wrong(let reason): reason.rawValue
        case .ambiguous(let what): what.rawValue
        case .misplaced(let place): place.rawValue
        }
    }
}

/// Finds out who a request is from.
///
/// Each credential that a request brings has to be right, and all of them have to be of one principal: a wrong one is never
/// passed over for another, nor for none. They are looked at in a fixed order: `Authorization`, then `X-Api-Key`.
public struct Authenticator: Sendable {
    /// The keys that are taken; nil where no keys file is configured.
    public let keys: KeyTable?
    private let takesAnonymous: Bool

    /// Makes an authenticator.
    ///
    /// - Parameter takesAnonymous: Whether a request without a credential is let in, as `anonymous`; nil where that is so
    ///   for want of any source of principals.
    public init(keys: KeyTable?, takesAnonymous: Bool? = nil) {
        self.keys = keys
        self.takesAnonymous = takesAnonymous ?? (keys == nil)
    }

    /// Who a request is from.
    ///
    /// - Parameter now: Seconds since 1970.
    public func principal(of credentials: Credentials, now: Int64) throws(AuthenticationError) -> Principal {
        let first = try principal(authorization: credentials.authorization, now)
        let second = try principal(apiKey: credentials.apiKey, now)
        if let first, let second, !first.isSame(as: second) { throw .ambiguous(.principals) }
        if let principal = first ?? second { return principal }
        guard takesAnonymous else { throw .missing }
        return .anonymous
    }

    private func principal(
        authorization field: Credentials.Field,
        _ now: Int64
    ) throws(AuthenticationError) -> Principal? {
        switch field {
        case .absent: return nil
        case .repeated: throw .ambiguous(.authorizationTwice)
        case .once(let value):
            guard value.count <= Credentials.maximumBytes else { throw .wrong(.tooLong) }
            guard let token = Credentials.bearer(value) else { throw .wrong(.otherScheme) }
            return try principal(key: token, now)
        }
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
