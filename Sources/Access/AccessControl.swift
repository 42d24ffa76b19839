// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Which decisions of the policy are told to the log.
public enum PolicyAudit: String, Sendable, CaseIterable {
    case none
    case denied
    case all
}

/// Who may come in and do what: what is in force for a request from its beginning to its end.
public final class AccessControl: Sendable {
    /// Finds out who a request is from.
    public let authenticator: Authenticator
    /// The rules; nil where everybody who comes in may do everything.
    public let policy: Policy?
    /// Which decisions are told to the log.
    public let audit: PolicyAudit
    /// Whether requests are asked who they are from.
    public let asks: Bool
    private let clock: @Sendable () -> Int64

    /// Lets everybody in as `anonymous`, whatever credentials a request brings.
    public static let open = AccessControl(authenticator: Authenticator(keys: nil), asks: false)

    /// Makes what is in force from now on.
    ///
    /// - Parameters:
    ///   - asks: Whether requests are asked who they are from.
    ///   - clock: Seconds since 1970; called from any thread.
    public init(
        authenticator: Authenticator,
        policy: Policy? = nil,
        audit: PolicyAudit = .denied,
        asks: Bool = true,
        clock: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.authenticator = authenticator
        self.policy = policy
        self.audit = audit
        self.asks = asks
        self.clock = clock
    }

    /// Who a request is from, however long it takes to find out.
    public func principal(of credentials: Credentials) throws(AuthenticationError) -> Principal {
        guard asks else { return .anonymous }
        return try authenticator.principal(of: credentials, now: clock())
    }

    /// What credentials show at once.
    public func look(_ credentials: Credentials) throws(AuthenticationError) -> Finding {
        guard asks else { return .principal(.anonymous) }
        return try authenticator.look(credentials, now: clock())
    }

    /// Proves who a request is from whose token was not seen before: takes up to some milliseconds.
    public func prove(_ token: UnprovedToken) throws(AuthenticationError) -> TokenProof {
        try token.proof(now: clock())
    }

    /// Who such a request is from, by the keys that there are: takes as long.
    ///
    /// - Parameter hasAsked: Whether its issuer was asked for its keys since it came.
    public func judge(_ token: UnprovedToken, hasAsked: Bool) throws(AuthenticationError) -> Principal {
        try token.principal(now: clock(), hasAsked: hasAsked)
    }
}
