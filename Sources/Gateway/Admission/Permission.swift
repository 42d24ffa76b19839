// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Messaging
internal import Names

extension Caller {
    /// Asks the policy whether a request may have what it asks for, and tells the log of the decision.
    ///
    /// - Parameter plan: that of a call, which remembers decisions.
    /// - Returns: what it may have besides.
    /// - Throws: `forbidden`, the same for what there is and what there is not; `rate-limited` where the rule has a limit.
    func permit(
        _ asked: AccessRequest,
        _ core: GatewayCore,
        _ identity: RequestIdentity,
        deciding plan: CallPlan? = nil
    ) throws(Problem) -> AccessRights {
        guard let decision = try decide(asked, core, identity, plan) else { return access.rightsWithoutPolicy }
        if let limits = decision.rights.limits {
            let place = try core.clients.countIn(self, rule: decision.line ?? 0, limits)
            if let place { keep(place) }
        }
        return decision.rights
    }

    /// Asks the policy, and tells the log of the decision; nil where there is no policy.
    ///
    /// - Throws: `forbidden`.
    func decide(
        _ asked: AccessRequest,
        _ core: GatewayCore,
        _ identity: RequestIdentity,
        _ plan: CallPlan? = nil
    ) throws(Problem) -> PolicyDecision? {
        guard let policy = access.policy else { return nil }
        // What a plan remembers was said by the policy of its own snapshot.
        let recent = plan.flatMap { $0.snapshot.access === access ? $0.decisions : nil }
        let decision =
            recent?.decision(of: principal, from: address) { policy.decide(asked, of: principal, from: address) }
            ?? policy.decide(asked, of: principal, from: address)
        if access.audit == .all || (access.audit == .denied && !decision.allows) {
            note(decision, asked, core, identity)
        }
        guard decision.allows else { throw .forbidden("The policy of this gateway does not allow this request") }
        return decision
    }

    private func note(
        _ decision: PolicyDecision,
        _ asked: AccessRequest,
        _ core: GatewayCore,
        _ identity: RequestIdentity
    ) {
        core.logger.notice(
            decision.allows ? "request allowed" : "request denied",
            metadata: [
                "request.id": "\(identity.id)", "principal": "\(principal.name)", "client.address": "\(address)",
                "mode": "\(asked.mode.rawValue)", "target": "\(asked.target)",
                "policy.line": "\(decision.line.map { "\($0)" } ?? "none")",
            ]
        )
    }

    /// Refuses a request context where the right to set one is missing.
    private func checkContext(_ rights: AccessRights) throws(Problem) {
        if setsContext { try requireContext(rights) }
    }

    /// Refuses a request that sets the request context where the right to do so is missing.
    func requireContext(_ rights: AccessRights) throws(Problem) {
        guard !rights.context else { return }
        guard access.policy != nil else { throw .contextOfOthers }
        throw .missingRight("context", "Rpc-Context")
    }

    /// Refuses a body that is larger than its client may send.
    func checkOwnLimit(_ body: [UInt8]) throws(Problem) {
        guard let most = principal.limits?.bodyBytes, body.count > most else { return }
        throw Problem(.contentTooLarge, "body: this client may send \(most) bytes (limits of its key)")
    }

    /// Refuses a body that is larger than its rule allows.
    private func checkBody(_ bytes: Int, _ rights: AccessRights) throws(Problem) {
        guard let most = rights.bodyBytes, bytes > most else { return }
        throw Problem(.contentTooLarge, "body: the policy of this gateway gives this request \(most) bytes")
    }

    /// The longest time that a request may take, by its rule and its client's own limit.
    private func longestTime(_ rights: AccessRights) -> Duration? {
        guard let own = principal.limits?.longestTimeout else { return rights.longestTimeout.map { .seconds($0) } }
        return .seconds(min(own, rights.longestTimeout ?? own))
    }

    /// Refuses an exchange that is not the configured one where the right to name one is missing.
    ///
    /// - Returns: whether the right was made use of.
    @discardableResult
    private func checkExchange(
        _ exchange: String?,
        _ rights: AccessRights,
        _ usual: @autoclosure () -> String
    ) throws(Problem) -> Bool {
        guard let exchange, !exchange.isSame(as: usual()) else { return false }
        guard rights.exchange else { throw .missingRight("exchange", "query") }
        return true
    }
}

// MARK: What is asked for

extension Caller {
    /// Asks for a call, cast or gathering.
    ///
    /// - Parameters:
    ///   - call: has the time that its rule gives it then, and who it is from in its request context.
    ///   - bodyBytes: the size of its arguments.
    func permit(
        _ call: inout CallRequest,
        bodyBytes: Int,
        _ core: GatewayCore,
        _ identity: RequestIdentity
    ) throws(Problem) {
        let plan = call.plan
        let rights = try permit(plan.asked, core, identity, deciding: plan)
        try checkBody(bodyBytes, rights)
        try checkContext(rights)
        let exchange = try checkExchange(plan.target.exchange, rights, plan.snapshot.configuration.controlExchange)
        record?.note(GrantedAccess(request: plan.asked, context: setsContext, exchange: exchange))
        if let longest = longestTime(rights) { call.fields.timeout = min(call.fields.timeout, longest) }
        identify(&call.fields.context)
    }

    /// Asks for a message of plain AMQP.
    ///
    /// - Returns: the message within the time that its rule gives it.
    func permit(_ call: PlainCall, _ core: GatewayCore, _ identity: RequestIdentity) throws(Problem) -> PlainCall {
        let asked = AccessRequest(call)
        let rights = try permit(asked, core, identity)
        try checkBody(call.message.body.count, rights)
        let headers = !call.message.headers.isEmpty
        guard rights.headers || !headers else { throw .missingRight("headers", "Amqp-Headers") }
        record?.note(GrantedAccess(request: asked, headers: headers))
        guard let longest = longestTime(rights) else { return call }
        var call = call
        call.timeout = min(call.timeout, longest)
        return call
    }

    /// Asks to send a notification, which then has the time that its rule gives it, and who it is from in its request context.
    ///
    /// - Parameter bodyBytes: the size of its payload.
    func permit(
        _ asked: inout NotificationRequest,
        bodyBytes: Int,
        _ core: GatewayCore,
        _ identity: RequestIdentity
    ) throws(Problem) {
        let configuration = core.configuration
        let request = AccessRequest(asked, configuration)
        let rights = try permit(request, core, identity)
        try checkBody(bodyBytes, rights)
        try checkContext(rights)
        let exchange = try checkExchange(asked.notification.exchange, rights, configuration.controlExchange)
        record?.note(GrantedAccess(request: request, context: setsContext, exchange: exchange))
        if let longest = longestTime(rights) { asked.limit(to: longest, identity) }
        identify(&asked.notification.context)
    }

    /// Asks to hear notifications.
    ///
    /// - Returns: what has to stay allowed for as long as they are heard.
    func permit(_ asked: StreamRequest, _ core: GatewayCore, _ identity: RequestIdentity) throws(Problem)
        -> GrantedAccess
    {
        let configuration = core.configuration
        let request = AccessRequest(asked, configuration)
        let rights = try permit(request, core, identity)
        let exchange = try checkExchange(asked.source.exchange, rights, configuration.controlExchange)
        return GrantedAccess(request: request, exchange: exchange)
    }

    /// Asks for the state of a topic's or server's queue.
    func permit(healthOf target: Target, _ core: GatewayCore, _ identity: RequestIdentity) throws(Problem) {
        let configuration = core.configuration
        let rights = try permit(AccessRequest(healthOf: target, configuration), core, identity)
        try checkExchange(target.exchange, rights, configuration.controlExchange)
    }
}

extension AccessRequest {
    /// A call, cast or gathering.
    init(_ route: RPCRoute, _ target: Target, exchange: Name) {
        self.init(
            route.mode,
            topic: Name(route.topic),
            server: Name(route.isFanout ? "*" : route.server ?? "-"),
            method: Name(route.method),
            exchange: exchange,
            namespace: target.namespace.map { Name($0) },
            version: target.version.map { Name($0) }
        )
    }

    /// A message of plain AMQP, whose target is the rest of its path: `-/exchange/routing_key`.
    init(_ call: PlainCall) {
        // The default exchange is written as in the path, and one that is called so is not mistaken for it.
        let exchange = call.exchange.isEmpty ? "-" : call.exchange.isSame(as: "-") ? "%2D" : call.exchange
        let (server, key) = (Name(exchange), Name(call.routingKey))
        self.init(.plainAMQP, server: server, method: key, exchange: Name(call.exchange))
    }

    /// A notification: `topic/-/event_type`.
    init(_ asked: NotificationRequest, _ configuration: GatewayConfiguration) {
        let notification = asked.notification
        self.init(
            .notify,
            topic: Name(notification.topic),
            method: Name(notification.eventType),
            exchange: Name(notification.exchange ?? configuration.controlExchange)
        )
    }

    /// A stream of notifications: `topic/pool/-`, the pool `-` where none is named.
    init(_ asked: StreamRequest, _ configuration: GatewayConfiguration) {
        self.init(
            .listen,
            topic: Name(asked.source.topic),
            server: Name(asked.source.pool ?? "-"),
            exchange: Name(asked.source.exchange ?? configuration.controlExchange)
        )
    }

    /// A look at a queue: `topic/server/health`.
    init(healthOf target: Target, _ configuration: GatewayConfiguration) {
        self.init(
            .admin,
            topic: Name(target.topic ?? ""),
            server: Name(target.server ?? "-"),
            method: "health",
            exchange: Name(target.exchange ?? configuration.controlExchange)
        )
    }

    /// A page: `-/-/name`.
    init(_ page: Route.Page) {
        switch page {
        case .metrics: self.init(.admin, method: "metrics")
        case .openAPI: self.init(.admin, method: "openapi")
        case .info: self.init(.admin, method: "info")
        case .home: self.init(.admin, method: "home")
        }
    }

    /// An operation, which its own principal alone can see in any case: `-/-/-`.
    static let operation = AccessRequest(.operations)

    /// The level of the log, to see and to set: `-/-/log-level`.
    static let logLevel = AccessRequest(.admin, method: "log-level")

    /// The calls under way: `-/-/in-flight`.
    static let inFlight = AccessRequest(.admin, method: "in-flight")

    /// The state of the process: `-/-/healthy`, `-/-/ready`.
    static func probe(_ name: Name) -> AccessRequest { AccessRequest(.admin, method: name) }
}

extension AccessRights {
    /// How many requests by the rule one client may have; nil for any number.
    fileprivate var limits: ClientLimitConfiguration? {
        guard rate != nil || inFlight != nil else { return nil }
        var limits = ClientLimitConfiguration()
        (limits.rate, limits.burst, limits.inFlight) = (rate ?? 0, burst ?? 0, inFlight ?? 0)
        return limits
    }
}

extension RPCRoute {
    /// How it is asked, as rules name it.
    var mode: AccessMode {
        switch verb {
        case .call: .call
        case .cast: isFanout ? .fanout : .cast
        case .gather: .gather
        }
    }
}

extension Problem {
    /// There are no rules that could give the right to set the request context.
    fileprivate static let contextOfOthers = Problem.forbidden(
        "Rpc-Context: the request context is made of who the request is from; to send another one takes a rule with the right"
            + " \"context\" (policy.file)"
    )

    /// The policy allows the request, but not one of its parts.
    static func missingRight(_ right: String, _ part: String) -> Problem {
        .forbidden("\(part): the policy of this gateway does not give this request the right \"\(right)\"")
    }
}
