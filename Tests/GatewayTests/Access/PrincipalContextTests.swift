// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Messaging
import Names
import Testing
import Threads

@testable import Gateway

/// The request context of a principal, however it asks.
struct PrincipalContextTests {
    private let keys: TestKeys
    private let driver = FakeDriver()

    init() throws { keys = try TestKeys() }

    private func gateway(
        _ terms: ContextTerms = ContextTerms(),
        rules: String? = "- {allow: rich/*/*, rights: context}\n- {allow: '*/*/*'}",
        anonymous: Bool? = nil
    ) throws -> TestGateway {
        // The first key, of ci, has a user and a project.
        let lines = String(decoding: keys.file, as: UTF8.self).split(separator: "\n")
        let file = "\(lines[0].dropLast()), user: \"u\\\"1\", project: p1}\n\(lines[1])\n"
        let authenticator = Authenticator(keys: try KeyTable(file: Array(file.utf8)), takesAnonymous: anonymous)
        let policy = try rules.map { try Policy(file: Array($0.utf8)) }
        let access = AccessControl(authenticator: authenticator, policy: policy, contextTerms: terms) { 1_000 }
        return TestGateway(driver, access: access)
    }

    private var ci: (String, String) { TestKeys.bearer(keys.ci) }
    private var ops: (String, String) { TestKeys.bearer(keys.ops) }

    private func contexts() -> [RequestContext] {
        driver.seen.withLock { $0.calls + $0.casts + $0.gatherings.map(\.request) }.map(\.context)
    }

    private func text(_ context: RequestContext?) -> String {
        let named = Set(["request_id", "global_request_id"].map { Name($0) })
        let entries = context?.allEntries.filter { !named.contains(Name($0.key)) } ?? []
        return entries.map { "\($0.key)=\($0.value.string)" }.joined(separator: " ")
    }

    private static let ofCI =
        #"user="u\"1" user_id="u\"1" project="p1" project_id="p1" roles=["builder"] is_admin=false"#

    @Test func itIsThePrincipals() throws {
        let gateway = try gateway(anonymous: true)
        for credential in [[ci], [ops], []] { #expect(try gateway.post("/t/s/m", "{}", credential).status() == 200) }
        #expect(
            contexts().map(text) == [
                Self.ofCI, #"user="ops" user_id="ops" roles=[] is_admin=false"#, "roles=[] is_admin=false",
            ]
        )
        #expect(contexts().allSatisfy { $0["request_id"] != nil })
    }

    @Test func itIsMadeOnce() throws {
        let gateway = try gateway()
        for _ in 0..<3 { #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 200) }
        let made = contexts().compactMap(\.shared)
        #expect(made.count == 3)
        #expect(made.allSatisfy { $0 === made[0] })
    }

    @Test func everyWayHasIt() throws {
        let gateway = try gateway()
        let entry = #"{"jsonrpc":"2.0","id":1,"method":"t/s/m"}"#
        for target in ["/t/s/m", "/t/s/m:cast", "/t/*/m:cast", "/t/*/m:gather"] {
            #expect(try gateway.post(target, "{}", [ci]).status() < 300)
        }
        #expect(try gateway.post("/-/jsonrpc", "[\(entry),\(entry)]", [ci]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [ci, ("Prefer", "respond-async")]).status() == 202)
        #expect(try gateway.post("/t/s/m", "{}", [ci, ("Idempotency-Key", "\"k\"")]).status() == 200)
        #expect(contexts().count == 8)
        #expect(contexts().allSatisfy { text($0) == Self.ofCI })
    }

    @Test func onlyNamedRolesMakeAnAdministrator() throws {
        let gateway = try gateway(ContextTerms(adminRoles: ["builder", "other"]))
        for credential in [ci, ops] { #expect(try gateway.post("/t/s/m", "{}", [credential]).status() == 200) }
        #expect(contexts().map { $0["is_admin"]?.string } == ["true", "false"])
    }

    @Test(arguments: [#"{"is_admin":true}"#, #"{"roles":["admin"]}"#, "{}", #"{"is\u005fadmin":true}"#, #"{"x":1}"#])
    func nothingComesFromTheClientWithoutTheRight(_ claim: String) throws {
        for rules in ["- {allow: '*/*/*'}", nil] {
            let gateway = try gateway(rules: rules)
            let answer = gateway.post("/t/s/m", "{}", [ci, ("Rpc-Context", claim)])
            #expect(try answer.status() == 403)
            #expect(try answer.body().contains("Rpc-Context: "))
        }
        #expect(contexts().isEmpty)
    }

    @Test(arguments: [
        (#"{"is_admin":true}"#, "is_admin=true"), (#"{"tenant":"p2"}"#, #"tenant="p2""#),
        (#"{"is\u005fadmin":true}"#, "is_admin=true"), (#"{"user":"b","x":1}"#, #"user="b" x=1"#),
        (#"{"x":1}"#, ofCI + " x=1"), ("{}", ofCI),
    ]) func theRightGivesAnIdentityWhole(_ claim: String, _ expected: String) throws {
        #expect(try gateway().post("/rich/s/m", "{}", [ci, ("Rpc-Context", claim)]).status() == 200)
        #expect(text(contexts().first) == expected)
    }

    @Test func itCanBeSwitchedOff() throws {
        let gateway = try gateway(ContextTerms(tellsPrincipal: false), rules: nil)
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [ci, ("Rpc-Context", #"{"is_admin":true}"#)]).status() == 200)
        #expect(contexts().map(text) == ["", "is_admin=true"])
    }

    @Test func nobodyIsToldWhereNobodyIsAsked() throws {
        let gateway = TestGateway(driver) { $0.limits.rate = 1_000 }
        #expect(try gateway.post("/t/s/m", "{}", [("Rpc-Context", #"{"is_admin":true}"#)]).status() == 200)
        #expect(try gateway.post("/t/s/m", "{}", [ci]).status() == 200)
        #expect(contexts().map(text) == ["is_admin=true", ""])
    }

    @Test func whateverIsToldIsAnIdentity() {
        #expect(PrincipalAttribute.allCases.allSatisfy { SharedContext.identityKeys.contains(Name($0.rawValue)) })
        let all = Dictionary(uniqueKeysWithValues: PrincipalAttribute.allCases.map { ($0, Name("v")) })
        let told = SharedContext(Principal(name: "a", attributes: all, source: .proxy), ContextTerms())
        #expect(told.entries.allSatisfy { SharedContext.identityKeys.contains(Name($0.key)) })
    }
}
