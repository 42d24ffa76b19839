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
    private let clock: @Sendable () -> Int64

    /// Makes what is in force from now on.
    ///
    /// - Parameter clock: Seconds since 1970; called from any thread.
    public init(
        authenticator: Authenticator,
        policy: Policy? = nil,
        audit: PolicyAudit = .denied,
        clock: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.authenticator = authenticator
        self.policy = policy
        self.audit = audit
        self.clock = clock
    }

    /// Who a request is from.
    public func principal(of credentials: Credentials) throws(AuthenticationError) -> Principal {
        try authenticator.principal(of: credentials, now: clock())
    }
}
