// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Synchronization
internal import Threads

/// The limits of all clients and what they have used up, shared by all loops.
final class ClientLimits: Sendable {
    fileprivate struct State: Sendable {
        var limits: ClientLimitConfiguration
        /// The value of `RateLimit-Policy`.
        var policy: [UInt8]
        /// By what tells clients apart: names, which somebody has given out, and addresses, of which a stranger may have many.
        var named = ClientTable(sets: 2_048)
        var addresses = ClientTable(sets: 8_192)

        init(_ limits: ClientLimitConfiguration) {
            self.limits = limits
            policy = Array(RateFields.policy(limits).utf8)
        }
    }

    private let state: Guarded<State>
    private let isOn: Atomic<Bool>
    private let clock: @Sendable () -> Moment

    init(_ limits: ClientLimitConfiguration, clock: @escaping @Sendable () -> Moment = { .now }) {
        state = Guarded(State(limits))
        isOn = Atomic(limits.isOn)
        self.clock = clock
    }

    /// Puts other limits in force; what was used up stays so.
    func update(_ limits: ClientLimitConfiguration) {
        let policy = Array(RateFields.policy(limits).utf8)
        state.withLock { ($0.limits, $0.policy) = (limits, policy) }
        isOn.store(limits.isOn, ordering: .relaxed)
    }

    /// Counts a request of a client in.
    ///
    /// - Parameters:
    ///   - isNamed: whether the client is a principal.
    ///   - stays: whether the request is under way from now on, until its place is given back.
    ///   - own: The limits of the principal's own.
    /// - Returns: nil where nothing is limited.
    /// - Throws: `rate-limited`.
    func begin(
        _ client: Holder,
        isNamed: Bool,
        stays: Bool = true,
        own: PrincipalLimits? = nil
    ) throws(Problem) -> ClientPlace? {
        let now = clock()
        let (limits, common, result) = state.withLock { state in
            let limits = state.limits.with(own)
            let result = state.begin(client.number, limits, isNamed: isNamed, mayStay: stays, now: now)
            return (limits, state.policy, result)
        }
        let policy = own == nil ? common : Array(RateFields.policy(limits).utf8)
        guard let result else { return nil }
        switch result {
        case .success(let grant):
            let kept = stays && limits.inFlight > 0 ? ClientPlace.Kept(grant, isNamed, self) : nil
            return ClientPlace(fields: RateFields.fields(grant, policy), kept: kept)
        case .failure(let refusal): throw .rateLimited(refusal, limits)
        }
    }

    /// Counts a request in that a rule with limits of its own allows.
    ///
    /// - Parameter rule: What tells rules apart.
    /// - Returns: its place among those under way; nil where these are not limited.
    /// - Throws: `rate-limited`.
    func countIn(
        _ caller: Caller,
        rule: Int,
        _ limits: ClientLimitConfiguration
    ) throws(Problem) -> ClientPlace.Kept? {
        var hasher = Hasher()
        hasher.combine(Holder(caller.principal, address: caller.address))
        hasher.combine(rule)
        let (number, now) = (hasher.finalize(), clock())
        let isNamed = !caller.principal.isAnonymous
        switch state.withLock({ $0.begin(number, limits, isNamed: isNamed, now: now) }) {
        case .success(let grant): return limits.inFlight > 0 ? ClientPlace.Kept(grant, isNamed, self) : nil
        case .failure(let refusal): throw .rateLimited(refusal, limits, isOfRule: true)
        }
    }

    /// Turns a client away that could not begin a request now; counts nothing.
    func check(_ client: Holder, isNamed: Bool, own: PrincipalLimits? = nil) throws(Problem) {
        let now = clock()
        let (limits, refusal) = state.withLock { state in
            let limits = state.limits.with(own)
            guard limits.isOn else { return (limits, ClientTable.Refusal?.none) }
            return (limits, state[isNamed].refusal(of: client.number, limits, now: now))
        }
        if let refusal { throw .rateLimited(refusal, limits) }
    }

    fileprivate func end(_ grant: ClientTable.Grant, isNamed: Bool) { state.withLock { $0[isNamed].end(grant) } }
}

extension ClientLimits.State {
    fileprivate mutating func begin(
        _ client: Int,
        _ limits: ClientLimitConfiguration,
        isNamed: Bool,
        mayStay: Bool,
        now: Moment
    ) -> Result<ClientTable.Grant, ClientTable.Refusal>? {
        guard limits.isOn else { return nil }
        do throws(ClientTable.Refusal) {
            let stays = mayStay && limits.inFlight > 0
            return .success(try self[isNamed].begin(client, limits, stays: stays, now: now))
        } catch {
            return .failure(error)
        }
    }

    /// Counts a request in under limits of its own.
    fileprivate mutating func begin(
        _ client: Int,
        _ limits: ClientLimitConfiguration,
        isNamed: Bool,
        now: Moment
    ) -> Result<ClientTable.Grant, ClientTable.Refusal> {
        do throws(ClientTable.Refusal) {
            return .success(try self[isNamed].begin(client, limits, stays: limits.inFlight > 0, now: now))
        } catch {
            return .failure(error)
        }
    }

    fileprivate subscript(isNamed: Bool) -> ClientTable {
        get { isNamed ? named : addresses }
        _modify { if isNamed { yield &named } else { yield &addresses } }
    }
}

/// What a request has of its client's limits.
struct ClientPlace: Sendable {
    /// The fields that tell the client what it has left.
    let fields: ResponseFields
    /// The place among the client's requests under way; nil where these are not limited.
    let kept: Kept?

    /// A place among a client's requests under way, which is given back before the answer, or with the last reference.
    final class Kept: Sendable {
        private let grant: ClientTable.Grant
        private let isNamed: Bool
        private let limits: ClientLimits
        private let isGivenBack = Atomic(false)

        fileprivate init(_ grant: ClientTable.Grant, _ isNamed: Bool, _ limits: ClientLimits) {
            self.grant = grant
            self.isNamed = isNamed
            self.limits = limits
        }

        deinit { giveBack() }

        /// Gives it back; callable from any thread, more than once.
        func giveBack() {
            guard !isGivenBack.exchange(true, ordering: .acquiringAndReleasing) else { return }
            limits.end(grant, isNamed: isNamed)
        }
    }
}

/// The fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
enum RateFields {
    /// The fields of an answer to a request that was let in; none where the rate is not limited.
    fileprivate static func fields(_ grant: ClientTable.Grant, _ policy: [UInt8]) -> ResponseFields {
        guard let remaining = grant.remaining else { return ResponseFields() }
        return ResponseFields(capacity: 128 + policy.count) { writer in
            writer.field("RateLimit-Policy", policy[...])
            writer.begin("RateLimit")
            writer.append("\"requests\";r=")
            writer.append(decimal: UInt64(clamping: remaining))
            writer.append(";t=")
            writer.append(decimal: UInt64(clamping: seconds(grant.untilFull)))
            writer.end()
        }
    }

    /// Whole seconds, rounded up.
    static func seconds(_ nanoseconds: Int64) -> Int { Int((nanoseconds + 999_999_999) / 1_000_000_000) }

    /// What is configured.
    static func policy(_ limits: ClientLimitConfiguration, _ name: StaticString = "requests") -> String {
        var policies: [String] = []
        if limits.rate > 0 { policies.append("\"\(name)\";q=\(limits.capacity);w=\(seconds(limits.window))") }
        if limits.inFlight > 0 { policies.append("\"in-flight\";q=\(limits.inFlight);qu=\"concurrent-requests\"") }
        return policies.joined(separator: ", ")
    }
}

extension Problem {
    /// The client has used up what it may have.
    ///
    /// - Parameter isOfRule: whether the limits are those of a rule of the policy.
    fileprivate static func rateLimited(
        _ refusal: ClientTable.Refusal,
        _ limits: ClientLimitConfiguration,
        isOfRule: Bool = false
    ) -> Problem {
        var problem: Problem
        let name: StaticString = isOfRule ? "rule" : "requests"
        let state: String
        switch refusal {
        case .rate(let wait):
            let seconds = RateFields.seconds(wait)
            problem = Problem(
                .rateLimited,
                "This client has sent more than \(limits.rate) requests a second, or \(limits.capacity) at once "
                    + (isOfRule ? "that a rule of the policy allows" : "(limits.rate, limits.burst)")
            )
            problem.retryAfter = max(1, seconds)
            state = "\"\(name)\";r=0;t=\(seconds)"
        case .inFlight:
            problem = Problem(
                .rateLimited,
                "\(limits.inFlight) requests of this client are under way, which is the limit "
                    + (isOfRule ? "of a rule of the policy" : "(limits.inFlight)")
            )
            state = "\"in-flight\";r=0"
        }
        problem.fields = [("RateLimit-Policy", RateFields.policy(limits, name)), ("RateLimit", state)]
        return problem
    }

    /// The client has as many streams as it may have.
    static func tooManyStreams(_ most: Int) -> Problem {
        var problem = Problem(
            .rateLimited,
            "\(most) streams of this client are open, which is its limit (limits.streams, or the key's)"
        )
        problem.fields = [
            ("RateLimit-Policy", "\"streams\";q=\(most);qu=\"concurrent-requests\""), ("RateLimit", "\"streams\";r=0"),
        ]
        return problem
    }
}

extension ClientLimits {
    /// What a request has of the limits of its client; nil where there are none.
    ///
    /// - Parameters:
    ///   - principal: Who it is from; where nobody is known by name, the address counts.
    ///   - countsIn: whether it counts, or is only turned away if it could not.
    /// - Throws: `rate-limited`.
    func place(
        of principal: Principal?,
        _ head: RequestHead,
        countsIn: Bool,
        stays: Bool = true
    ) throws(Problem) -> ClientPlace? {
        // Those who run the gateway are to see it even when clients with their name or address have used up their share.
        // Guesses are limited there too.
        let own = principal?.limits
        guard own != nil || isOn.load(ordering: .relaxed), principal == nil || head.entrance == .ordinary else {
            return nil
        }
        let client = Holder(principal, address: head.remoteAddress)
        let isNamed = principal.map { !$0.isAnonymous } ?? false
        if countsIn { return try begin(client, isNamed: isNamed, stays: stays, own: own) }
        try check(client, isNamed: isNamed, own: own)
        return nil
    }

    /// Counts one more request in that a caller's request has brought along.
    ///
    /// - Throws: `rate-limited`.
    func countIn(_ caller: Caller) throws(Problem) {
        let own = caller.principal.limits
        guard own != nil || isOn.load(ordering: .relaxed) else { return }
        let client = Holder(caller.principal, address: caller.address)
        _ = try begin(client, isNamed: !caller.principal.isAnonymous, stays: false, own: own)
    }
}

extension Caller {
    /// The request is not under way any longer; before its answer, so that its client may send the next one.
    func end() {
        place?.kept?.giveBack()
        guard access.policy != nil else { return }
        for place in placesOfRules.withLock({ exchange(&$0, with: []) }) { place.giveBack() }
    }

    /// Keeps a place until the request has ended.
    func keep(_ place: ClientPlace.Kept) { placesOfRules.withLock { $0.append(place) } }
}
