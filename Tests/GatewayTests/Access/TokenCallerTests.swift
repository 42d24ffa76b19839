// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Messaging
import Testing
import Threads

@testable import Gateway

/// Tokens on their way through the gateway: the first time they are proved beside the loop, then they are remembered.
struct TokenCallerTests {
    /// Waits for an answer, which a thread of the gateway may give.
    private func answered(_ pending: PendingAnswer) async throws -> PendingAnswer {
        let deadline = Moment.now + .seconds(20)
        while !pending.isThere, .now < deadline { await Task.yield() }
        #expect(pending.isThere)
        return pending
    }

    @Test func aTokenLetsACallInTheFirstTimeAndTheNext() async throws {
        let (corp, driver) = (try TestIssuer(), FakeDriver())
        let gateway = TestGateway(driver, access: corp.access)
        let token = try corp.token()
        for _ in 0..<3 {
            let answer = try await answered(gateway.post("/t/s/m", "{}", [TestKeys.bearer(token)]))
            #expect(try answer.status() == 200)
        }
        // Remembered, it needs no thread.
        #expect(gateway.post("/t/s/m", "{}", [TestKeys.bearer(token)]).isThere)
        #expect(driver.seen.withLock { $0.calls.count } == 4)
    }

    @Test(arguments: [false, true]) func aWrongOneIsNeverAnonymous(_ anonymous: Bool) async throws {
        let (corp, driver) = (try TestIssuer(anonymous: anonymous), FakeDriver())
        let gateway = TestGateway(driver, access: corp.access)
        for token in [
            try corp.token() + "AAAA", try corp.token(audience: "other"), try corp.token(end: 900), "a.b.c", "..",
        ] {
            let answer = try await answered(gateway.post("/t/s/m", "{}", [TestKeys.bearer(token)]))
            #expect(try answer.status() == 401)
            #expect(try answer.field("WWW-Authenticate") == "Bearer realm=\"rpc-gateway\", error=\"invalid_token\"")
            #expect(!(try answer.body().contains("openstack")))
        }
        #expect(driver.seen.withLock { $0.calls.isEmpty })
        #expect(try gateway.post("/t/s/m").status() == (anonymous ? 200 : 401))
    }

    @Test func aTokenAndAKeyAreTwoPrincipals() async throws {
        let keys = try TestKeys()
        let corp = try TestIssuer(keys)
        let gateway = TestGateway(FakeDriver(), access: corp.access)
        for _ in 0..<2 {
            let fields = [TestKeys.bearer(try corp.token("ci")), ("X-Api-Key", keys.ci)]
            #expect(try await answered(gateway.post("/t/s/m", "{}", fields)).status() == 400)
        }
        let both = [TestKeys.bearer(try corp.token() + "AAAA"), ("X-Api-Key", keys.ci)]
        #expect(try await answered(gateway.post("/t/s/m", "{}", both)).status() == 401)
        #expect(try gateway.post("/t/s/m", "{}", [("X-Api-Key", keys.ci)]).status() == 200)
    }

    @Test func anOperationIsSeenByItsPrincipalWithAnyOfItsTokens() async throws {
        let keys = try TestKeys()
        let corp = try TestIssuer(keys)
        let gateway = TestGateway(FakeDriver(), access: corp.access)
        func bearer(_ name: String, _ id: Int) throws -> (String, String) {
            TestKeys.bearer(try corp.token(name, id: id))
        }
        let begun = try await answered(
            gateway.post("/t/s/m", "{}", [("Prefer", "respond-async"), try bearer("ci", 1)])
        )
        #expect(try begun.status() == 202)
        let path = try #require(try begun.field("Location"))
        #expect(try await answered(gateway.send("GET", path, [try bearer("ops", 2)])).status() == 404)
        #expect(try gateway.send("GET", path, [("X-Api-Key", keys.ci)]).status() == 404)
        #expect(try await answered(gateway.send("GET", path, [try bearer("ci", 3)])).status() == 200)
    }

    @Test func whatWaitsForLeaveIsDecidedAtOnce() throws {
        let corp = try TestIssuer()
        let gateway = TestGateway(FakeDriver(), access: corp.access)
        func refusal(_ token: String) -> Int? {
            let fields = [("Content-Type", "application/json"), ("Content-Length", "100000"), TestKeys.bearer(token)]
            let head = RequestHead(
                method: "POST",
                path: Array("/t/s/m".utf8),
                fields: RequestFields(fields.map { ($0.0, $0.1) })
            )
            return gateway.gateway.refusal(for: head)?.status
        }
        #expect(refusal(try corp.token()) == nil)
        #expect(refusal(try corp.token() + "AAAA") == 401)
    }
}
