// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Names
import Testing

@testable import Gateway

struct RecentDecisionsTests {
    private static let request = AccessRequest(.call, topic: "t", server: "s", method: "m")
    private let decisions = RecentDecisions()
    private let policy: Policy
    private let keys: TestKeys

    init() throws {
        policy = try Policy(file: Array("- {allow: t/s/m, principals: ci, addresses: 10.0.0.1}".utf8))
        keys = try TestKeys()
    }

    private func principal(_ key: String) throws -> Principal {
        let authenticator = Authenticator(keys: try KeyTable(file: keys.file))
        return try authenticator.principal(
            of: Credentials(authorization: .once(Array("Bearer \(key)".utf8)[...])),
            now: 1_000
        )
    }

    /// Whether it is allowed, and whether the policy was asked.
    private func ask(_ principal: Principal, _ address: String) -> (allows: Bool, isNew: Bool) {
        var isNew = false
        let decision = decisions.decision(of: principal, from: address) {
            isNew = true
            return policy.decide(Self.request, of: principal, from: address)
        }
        return (decision.allows, isNew)
    }

    @Test func eachClientHasADecisionOfItsOwn() throws {
        let (ci, ops) = (try principal(keys.ci), try principal(keys.ops))
        for isNew in [true, false] {
            #expect(ask(ci, "10.0.0.1") == (true, isNew))
            #expect(ask(ci, "10.0.0.2") == (false, isNew))
            #expect(ask(ops, "10.0.0.1") == (false, isNew))
        }
        // The same name by another table is another principal, whose roles may be others.
        #expect(ask(try principal(keys.ci), "10.0.0.1") == (true, true))
    }

    /// A reload between a request's admission and its plan: what the old policy said is not kept for the new one.
    @Test func aPlanRemembersItsOwnPolicyOnly() throws {
        func access(_ rules: String) throws -> AccessControl {
            let authenticator = Authenticator(keys: try KeyTable(file: keys.file))
            return AccessControl(authenticator: authenticator, policy: try Policy(file: Array(rules.utf8))) { 1_000 }
        }
        let (old, new) = (try access("- allow: t/s/m"), try access("- deny: t/s/m"))
        let core = GatewayCore(
            driver: FakeDriver(),
            configuration: GatewayConfiguration(),
            access: new,
            administration: Administration(),
            logger: Logger(label: "test")
        )
        let route = RPCRoute(topic: "t", server: "s", method: "m", verb: .call)
        let plan = try CallPlan(route, query: nil, core.snapshot)
        let principal = try principal(keys.ci)
        func isAllowed(_ access: AccessControl) -> Bool {
            let caller = Caller(principal, access, address: "10.0.0.1")
            return (try? caller.decide(plan.asked, core, RequestIdentity(given: nil), plan)?.allows) ?? false
        }
        for _ in 0..<2 {
            #expect(isAllowed(old))
            #expect(!isAllowed(new))
        }
    }

    @Test func manyClientsPushOutNobodysDecisionForAnother() throws {
        let (ci, ops) = (try principal(keys.ci), try principal(keys.ops))
        for round in 0..<50 {
            #expect(ask(ops, "192.0.2.\(round)").allows == false)
            #expect(ask(ci, "10.0.0.1").allows)
        }
    }
}
