// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Threads

/// What a request was allowed, so that it can be judged again when what came of it is asked for, or stays open.
struct GrantedAccess: Sendable, Hashable {
    let request: AccessRequest
    /// The rights that it has made use of.
    var context = false
    var exchange = false
    var headers = false
}

/// All that a request was allowed whose answer is kept: one thing, or those of the entries that it brought.
final class AccessRecord: Sendable {
    private let granted = Guarded<Set<GrantedAccess>>([])

    func note(_ access: GrantedAccess) { granted.withLock { _ = $0.insert(access) } }

    var all: Set<GrantedAccess> { granted.withLock { $0 } }

    /// About what it costs to keep, in bytes.
    var size: Int {
        granted.withLock { $0.reduce(64) { $0 + 192 + $1.request.target.utf8.count } }
    }
}

extension Caller {
    /// The same client as of now, by what is in force now; nil where nobody is asked who they are and nothing is ruled.
    ///
    /// - Throws: `unauthenticated` where the credential of the request does not hold any more.
    func now(_ core: GatewayCore) throws(Problem) -> Caller? {
        guard let access = core.access else { return nil }
        guard let principal = access.current(self.principal) else { throw .credentialEnded }
        guard access !== self.access || principal !== self.principal else { return self }
        return Caller(principal, access, address: address)
    }

    /// Judges again what a request was allowed before; of limits nothing is used up.
    ///
    /// - Throws: what the request would be refused with.
    func judge(_ granted: GrantedAccess, _ core: GatewayCore, _ identity: RequestIdentity) throws(Problem) {
        let rights = try decide(granted.request, core, identity)?.rights ?? access.rightsWithoutPolicy
        if granted.context { try requireContext(rights) }
        guard rights.exchange || !granted.exchange else { throw .missingRight("exchange", "query") }
        guard rights.headers || !granted.headers else { throw .missingRight("headers", "Amqp-Headers") }
    }

    /// Judges again all that a request was allowed before.
    func judge(_ record: AccessRecord?, _ core: GatewayCore, _ identity: RequestIdentity) throws(Problem) {
        guard let record else { return }
        for granted in record.all { try judge(granted, core, identity) }
    }
}

/// Whether who has opened something may keep it open.
final class Standing: Sendable {
    private let core: GatewayCore
    private let identity: RequestIdentity
    private let granted: GrantedAccess
    /// The client as it was judged last.
    private let judged: Guarded<Caller>

    init(_ caller: Caller, _ granted: GrantedAccess, _ core: GatewayCore, _ identity: RequestIdentity) {
        self.core = core
        self.identity = identity
        self.granted = granted
        judged = Guarded(caller)
    }

    /// Why it is to end now; nil while it may stay. The rules are asked only when they, or the client's roles, have changed.
    func reasonToEnd() -> Problem? {
        let earlier = judged.withLock { $0 }
        do throws(Problem) {
            guard let now = try earlier.now(core), now !== earlier else { return nil }
            try now.judge(granted, core, identity)
            judged.withLock { $0 = now }
            return nil
        } catch {
            return error
        }
    }
}
