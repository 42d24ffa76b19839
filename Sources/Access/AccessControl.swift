// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// Which decisions of the policy are told to the log.
public enum PolicyAudit: String, Sendable, CaseIterable {
    case none
    case denied
    case all
}

/// What services are told in the request context about who a request is from.
public struct ContextTerms: Sendable, Equatable {
    /// Whether they are told anything.
    public var tellsPrincipal: Bool
    /// Whoever has one of these roles is told to be an administrator (`is_admin`).
    public var adminRoles: Set<Name>

    /// Makes terms.
    public init(tellsPrincipal: Bool = true, adminRoles: Set<Name> = []) {
        self.tellsPrincipal = tellsPrincipal
        self.adminRoles = adminRoles
    }

    /// Whether somebody is told to be an administrator.
    public func isAdministrator(_ principal: Principal) -> Bool {
        !adminRoles.isEmpty && principal.roles.contains(where: adminRoles.contains)
    }
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
    /// Whether a proxy is believed.
    public var isBehindProxy: Bool { authenticator.proxy != nil }
    /// What services are told about who a request is from.
    public let contextTerms: ContextTerms
    private let clock: @Sendable () -> Int64

    /// Lets everybody in as `anonymous`, whatever credentials a request brings.
    public static let open = AccessControl(authenticator: Authenticator(keys: nil), asks: false)

    /// Makes what is in force from now on.
    ///
    /// - Parameters:
    ///   - contextTerms: What services are told about who a request is from, where requests are asked.
    ///   - asks: Whether requests are asked who they are from.
    ///   - clock: Seconds since 1970; called from any thread.
    public init(
        authenticator: Authenticator,
        policy: Policy? = nil,
        audit: PolicyAudit = .denied,
        contextTerms: ContextTerms = ContextTerms(),
        asks: Bool = true,
        clock: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.authenticator = authenticator
        self.policy = policy
        self.audit = audit
        self.contextTerms = contextTerms
        self.asks = asks
        self.clock = clock
    }

    /// The time by which credentials are judged, in seconds since 1970.
    public var now: Int64 { clock() }

    /// Whether the request context is made of who a request is from.
    public var tellsPrincipal: Bool { asks && contextTerms.tellsPrincipal }

    /// What a request may have besides what it asks for, where no rules say so: all, but no other identity than its own.
    public var rightsWithoutPolicy: AccessRights {
        var rights = AccessRights.all
        rights.context = !tellsPrincipal
        return rights
    }

    /// Who a request is from, however long it takes to find out.
    public func principal(of credentials: Credentials) throws(AuthenticationError) -> Principal {
        guard asks else { return .anonymous }
        return try authenticator.principal(of: credentials, now: clock())
    }

    /// Who a request was from that came before, as things are now; nil where its credential does not hold any more.
    public func current(_ principal: Principal) -> Principal? {
        asks ? authenticator.current(principal, now: clock()) : .anonymous
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
